"""Where things sit in the artifact, and whether the archive can be unpacked."""
