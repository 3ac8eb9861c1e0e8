"""Whether the image can start, and be found healthy, as the platform starts it."""
