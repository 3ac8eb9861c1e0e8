"""Endpoint doctor: tells which serving errors a model and its image will cause, before they are deployed."""

__version__ = "0.1.0"
