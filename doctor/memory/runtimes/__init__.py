"""What models need of a GPU under runtimes other than PyTorch: ONNX Runtime, TensorFlow."""
