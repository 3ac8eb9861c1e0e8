"""What an operating system's own package database says is installed."""

from __future__ import annotations

from typing import NamedTuple


class Package(NamedTuple):
    """
    An installed package of the operating system.

    Args:
        name: as its database spells it.
        version: with epoch and release: "1:3.11.2-6", "2.38-r1", "2.34-100.el9".
        architecture: "amd64", "all", "x86_64"; "" where the database names none.
    """

    name: str
    version: str
    architecture: str = ""
