"""What a model needs on a GPU, on its host and on its disk, term by term, and which instances have it."""
