"""What models need under runtimes other than PyTorch: ONNX Runtime, TensorFlow, boosted trees, scikit-learn."""
