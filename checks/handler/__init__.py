"""Whether the handler keeps the serving stack's contract."""
