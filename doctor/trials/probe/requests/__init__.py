"""The requests that a chain is asked: the sample, the artifact's, others made of them or of the model."""
