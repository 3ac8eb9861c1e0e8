"""What a file of skops says."""

from __future__ import annotations

from typing import NamedTuple

from doctor.formats.kinds.base import Symbol


class Skops(NamedTuple):
    """
    A scikit-learn object that skops wrote.

    Args:
        version: of skops, "" where the file says none.
        protocol: of its schema.
        root: class of the object.
        loaders: kinds of nodes in its schema ("ObjectNode", "MethodNode").
    """

    version: str
    protocol: int
    root: Symbol | None
    loaders: tuple[str, ...] = ()
