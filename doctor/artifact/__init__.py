"""The model artifact: a directory, an archive or a single file as one read-only tree, read once."""
