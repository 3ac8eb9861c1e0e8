"""The places where steps run: a container of the image, or a local interpreter."""
