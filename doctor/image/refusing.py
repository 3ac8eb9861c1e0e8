"""What a probe of an image says where it can't be had: then the image is read otherwise."""


class Refused(Exception):
    """The image can't be probed, or its answer is not to be trusted. The text says why."""
