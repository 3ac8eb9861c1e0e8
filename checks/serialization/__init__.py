"""Whether the bytes can be loaded again: pickles, checkpoints, traces."""
