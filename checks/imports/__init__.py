"""Whether what the model and its handler import is there."""
