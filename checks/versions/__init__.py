"""Whether what wrote the model and what reads it agree."""
