"""What a file of MXNet's parameters says."""

from __future__ import annotations

from typing import NamedTuple


class MXNetParameters(NamedTuple):
    """
    A ``.params`` file.

    Args:
        arrays: how many it holds.
        symbolic: whether its names are those of a symbol's checkpoint ("arg:fc_weight"), not of a Gluon block.
    """

    arrays: int
    symbolic: bool = False
