"""A request that a server answered with an error of its own."""

from __future__ import annotations


class Refused(Exception):
    """An answer with an error's status, where no exception of the handler is to be had."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__("HTTP {}: {}".format(status, text))
        self.status = status


Refused.__module__ = "endpoint_doctor"
