"""The container image: what it runs, what is in it; read without an engine."""

from doctor.image.packages import environment
from doctor.image.saved import is_image, read
from doctor.image.value import Image

__all__ = ["Image", "environment", "is_image", "read"]
