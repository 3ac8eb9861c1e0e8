"""Peak GPU memory of a PyTorch model, on a machine without a GPU and without allocating its weights."""
