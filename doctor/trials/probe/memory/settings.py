"""
The settings of PyTorch's CUDA caching allocator, read out of PYTORCH_CUDA_ALLOC_CONF (since 2.9 PYTORCH_ALLOC_CONF).

Source: "CUDA semantics, memory management" of the PyTorch documentation, and ``c10/core/AllocatorConfig.h`` (2.13).
"""

from __future__ import annotations

import re
from typing import NamedTuple

LEAST = 512  # bytes of any block
_MIB = 1 << 20
_UNBOUNDED = 1 << 63
_INTERVALS = 16  # of roundup_power2_divisions: below 2 MiB, below 4 MiB ... from 32 GiB on


class Settings(NamedTuple):
    """
    What the user may say.

    Args:
        max_split_size: bytes of a block from which on it isn't split.
        max_non_split_rounding: bytes that such a block may have too many.
        large_segment: bytes of a segment for requests of 1 to 10 MiB.
        roundup: into how many parts the space between powers of two is divided, by size; () for none.
        collection_threshold: share of the memory from which on unused segments are given back.
        fraction_set: whether the process was given a part of the memory, without which nothing is collected.
        expandable: whether segments grow.
    """

    max_split_size: int = _UNBOUNDED
    max_non_split_rounding: int = 20 * _MIB
    large_segment: int = 20 * _MIB
    roundup: tuple[int, ...] = ()
    collection_threshold: float = 0.0
    fraction_set: bool = False
    expandable: bool = False

    @property
    def splits_bounded(self) -> bool:
        """Whether max_split_size was set."""
        return self.max_split_size < _UNBOUNDED

    def rounded(self, size: int) -> int:
        """Return the bytes of the block that serves a request."""
        divisions = self.roundup[min(max(size.bit_length() - 21, 0), _INTERVALS - 1)] if self.roundup else 0
        if divisions > 1 and size > LEAST * divisions:
            return _to_next_division(size, divisions)
        return max(-(-size // LEAST) * LEAST, LEAST)


DEFAULT = Settings()


def _to_next_division(size: int, divisions: int) -> int:
    floor = 1 << (size.bit_length() - 1)
    if size == floor:
        return size
    part = floor >> (divisions.bit_length() - 1)
    return -(-size // part) * part if part else floor << 1


def read(text: str) -> Settings:
    """
    Return what PYTORCH_CUDA_ALLOC_CONF says.

    Raises ValueError for what isn't this allocator (``backend:cudaMallocAsync``) or can't be read.
    """
    said = {}
    for name, value in re.findall(r"(\w+)\s*:\s*(\[[^\]]*\]|[^,\[\]]+)", text):
        said[name] = value.strip()
    if said.get("backend", "native") != "native":
        raise ValueError("backend:{} is another allocator".format(said["backend"]))
    split = said.get("max_split_size_mb")
    return Settings(
        max_split_size=int(split) * _MIB if split else _UNBOUNDED,
        max_non_split_rounding=int(said.get("max_non_split_rounding_mb", 20)) * _MIB,
        large_segment=int(said.get("large_segment_size_mb", 20)) * _MIB,
        roundup=_divisions(said["roundup_power2_divisions"]) if "roundup_power2_divisions" in said else (),
        collection_threshold=float(said.get("garbage_collection_threshold", 0)),
        fraction_set="per_process_memory_fraction" in said,
        expandable=said.get("expandable_segments", "False") == "True",
    )


def _divisions(value: str) -> tuple[int, ...]:
    """Return the divisions of each interval: of "4", or of "[256:1,512:2,>:8]" (sizes in MB)."""
    if not value.startswith("["):
        return (int(value),) * _INTERVALS
    found = [0] * _INTERVALS
    last = -1
    for size, divisions in re.findall(r"(\d+|>)\s*:\s*(\d+)", value):
        if size == ">":
            found[last + 1 :] = [int(divisions)] * (_INTERVALS - last - 1)
            break
        place = min(int(size).bit_length() - 1, _INTERVALS - 1)
        if last < 0:
            found[:place] = [int(divisions)] * place
        found[place] = int(divisions)
        last = place
    return tuple(found)
