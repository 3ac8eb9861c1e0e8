"""What several models behind one endpoint do to one another."""
