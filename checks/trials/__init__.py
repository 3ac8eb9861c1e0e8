"""What only a trial shows: the model loaded, asked and served in a sandbox."""
