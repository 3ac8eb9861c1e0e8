"""What a NumPy file says of itself."""

from __future__ import annotations

from typing import NamedTuple


class ArrayFacts(NamedTuple):
    """
    Facts of a .npy or .npz file.

    Args:
        pickled: names of the arrays that hold Python objects: numpy.load needs allow_pickle=True for them.
    """

    pickled: tuple[str, ...] = ()
