"""The words of estimates: ranges of bytes, their terms, where they are needed, how they are known, and verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Range(NamedTuple):
    """Bytes: the least that it can be, what is expected, and the most."""

    low: int
    expected: int
    high: int

    @classmethod
    def exactly(cls, size: int) -> Range:
        """Return the range of what is known to the byte."""
        return cls(size, size, size)

    def plus(self, other: Range) -> Range:
        """Return the sum of both, end by end."""
        return Range(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def times(self, count: int) -> Range:
        """Return it, ``count`` times."""
        return Range(self.low * count, self.expected * count, self.high * count)


NOTHING = Range(0, 0, 0)


def total(ranges: Iterable[Range]) -> Range:
    """Return the sum of ranges."""
    found = NOTHING
    for each in ranges:
        found = found.plus(each)
    return found


class Tier(Enum):
    """How something is known, the surest last."""

    HEADERS = "headers"  # sizes that files state, and formulas
    TRACE = "trace"  # the model's own code, followed without a GPU
    TABLES = "tables"  # measured once for this kind of GPU or library
    MEASUREMENT = "measurement"  # this model, on this GPU


class Place(Enum):
    """Where memory is needed."""

    GPU = "gpu"
    HOST = "host"
    DISK = "disk"
    SHARED = "shm"


class Term(NamedTuple):
    """
    One part of a need.

    Args:
        name: "weights", "activations", "KV cache", "CUDA context" ...
        size: bytes.
        how: where the figure is from, in a few words: "models' tensors as stored, float16".
        tier: how it is known.
    """

    name: str
    size: Range
    how: str = ""
    tier: Tier = Tier.HEADERS


class Need(NamedTuple):
    """
    What one process needs at one place.

    Args:
        place: where.
        terms: its parts, which add up to it, in the order in which they are told.
        coverage: share of the bytes that exact rules account for, 0 to 1.
        doubts: what makes the range wide, a sentence each ("convolutions: cuDNN's workspaces aren't known").
    """

    place: Place
    terms: tuple[Term, ...]
    coverage: float = 1.0
    doubts: tuple[str, ...] = ()

    @property
    def size(self) -> Range:
        """Bytes of all its terms."""
        return total(term.size for term in self.terms)

    @property
    def tier(self) -> Tier:
        """How the largest of its terms that isn't weights is known; of the weights where there is no other."""
        others = [t for t in self.terms if t.name != "weights"] or list(self.terms)
        return max(others, key=lambda t: t.size.expected).tier if others else Tier.HEADERS


class Workload(NamedTuple):
    """
    What is asked of the model at one time.

    Args:
        batch: rows of a request, or requests that are generated together.
        tokens: of each row's input; 0 where it isn't text or nothing says.
        new_tokens: that are generated; 0 where nothing is.
        workers: processes that load the model on one GPU, or on the host; 0: as the stack and the variables say.
    """

    batch: int = 1
    tokens: int = 0
    new_tokens: int = 0
    workers: int = 0


class Verdict(Enum):
    """What an estimate says of an instance."""

    FITS = "fits"
    TIGHT = "tight"  # it fits as expected, without headroom
    DOES_NOT_FIT = "does not fit"
    UNKNOWN = "unknown"
