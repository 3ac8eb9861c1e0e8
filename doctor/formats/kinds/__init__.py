"""What a file of each format says of itself: values only, so that checks can import them for nothing."""
