"""The part ``models``: every model file of the artifact that a reader understood, and those it couldn't."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from doctor.formats.kinds.base import ModelFile
from doctor.formats.recognise import KINDS
from doctor.model import Unknown

K = TypeVar("K")


class Broken(NamedTuple):
    """
    A file that was recognised as a format and can't be read as one.

    ``cut_short`` says that it ends before its own headers do.
    """

    path: str
    format: str
    reason: str
    cut_short: bool = False


class Models:
    """
    The model files of an artifact.

    Args:
        files: those that were read.
        broken: those that were recognised and can't be read, by path.
    """

    def __init__(self, files: tuple[ModelFile, ...], broken: Mapping[str, Broken]) -> None:
        self.files = files
        self.broken = broken

    def __iter__(self) -> Iterator[ModelFile]:
        """Iterate over all files read; raise Unknown after the last where any was broken, so none passes for clear."""
        yield from self.files
        self._admit(None)

    def of(self, kind: type[K]) -> Iterator[tuple[ModelFile, K]]:
        """
        Yield the files whose facts are of a kind, with those facts.

        Raises Unknown after the last where a file recognised as that kind couldn't be read: it must not pass for clear.
        """
        for file in self.files:
            if isinstance(file.facts, kind):
                yield file, file.facts
        self._admit(kind)

    def at(self, path: str) -> ModelFile | None:
        """Return the model file at a path, or None."""
        return next((f for f in self.files if f.path == path), None)

    def _admit(self, kind: type | None) -> None:
        words = KINDS.get(kind.__module__.rsplit(".", 1)[-1], ()) if kind else None
        missed = [b for b in self.broken.values() if words is None or b.format in words]
        if missed:
            raise Unknown("; ".join(f"{b.path} can't be read as {b.format}: {b.reason}" for b in missed))
