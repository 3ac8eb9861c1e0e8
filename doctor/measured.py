"""
What became of an object that one version wrote and another read (``doctor/facts/measured``, made by ``make facts``).

A version between two measured ones is judged by both, where they agree; outside them nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.model import Evidence, Unknown

if TYPE_CHECKING:
    from packaging.version import Version


class Result(NamedTuple):
    """
    What was measured.

    Args:
        at: "load", "predict" or another step that failed; "" where all worked.
        error: the last line of the log, "" where all worked.
        by: the measured pairs of versions, writer and reader, that say so.
        exact: whether they are the very versions in question.
    """

    at: str
    error: str
    by: tuple[tuple[str, str], ...]
    exact: bool

    def evidence(self, family: str) -> Evidence:
        """Return the measurement as an observation: ``facts:measured/xgboost``."""
        pairs = ", ".join(f"{w} read by {r}" for w, r in self.by)
        return Evidence(f"facts:measured/{family}", pairs if self.exact else f"between measured versions: {pairs}")


def outcome(family: str, objects: Sequence[str], writer: Version, reader: Version) -> Result | Unknown:
    """
    Return what becomes of objects, which must all share one fate.

    Args:
        family: of libraries: "xgboost".
        objects: names in the family's table of what the object may be.
        writer: the version that wrote it.
        reader: the version that is to read it.
    """
    known = versions(family)
    writers, readers = around(writer, known), around(reader, known)
    if not (writers and readers):
        return Unknown(f"{family} {writer} read by {reader} was not measured ({known[0]} to {known[-1]} were)")
    pairs = [(w, r) for w in writers for r in readers if writer != reader or w == r]
    exact = writers + readers == [str(writer), str(reader)]
    return _agreed(family, objects, pairs, f"{family} {writer} read by {reader}", exact=exact)


def of_any(family: str, objects: Sequence[str], writers: Sequence[str], reader: Version) -> Result | Unknown:
    """Return what becomes of objects that one of several measured versions wrote; they must all share one fate."""
    known = versions(family)
    readers = around(reader, known)
    what = f"{family} {writers[0]} to {writers[-1]} read by {reader}"
    if not readers:
        return Unknown(f"{what} was not measured ({known[0]} to {known[-1]} were)")
    pairs = [(w, r) for w in writers for r in readers]
    return _agreed(family, objects, pairs, what, exact=readers == [str(reader)])


def versions(family: str) -> list[str]:
    """Return the measured versions of a family's leading library, oldest first."""
    return [name for name in load(f"measured/{family}")["environments"] if name[:1].isdigit()]


def _agreed(
    family: str, objects: Sequence[str], pairs: list[tuple[str, str]], what: str, *, exact: bool
) -> Result | Unknown:
    cells = list(_cells(load(f"measured/{family}"), objects, pairs))
    if not cells:
        return Unknown(f"{what} was not measured for such an object")
    if len({(at, bool(error)) for at, error, _ in cells}) > 1:
        return Unknown(f"what becomes of {what} was not measured, and its measured neighbours differ")
    by = tuple(dict.fromkeys(pair for *_, pair in cells))
    return Result(cells[0][0], cells[0][1], by, exact)


def around(version: Version, measured: Sequence[str]) -> list[str]:
    """Return the measured versions that a version is or lies between, at most two; [] where it lies outside."""
    from packaging.version import Version

    version = Version(version.public) if version.local else version  # a build of the same release: 2.13.0+cpu
    numbers = [(Version(m), m) for m in measured]
    same = [m for n, m in numbers if n == version]
    # A patch release of a measured minor version is taken for it, at the ends of what was measured too.
    below = [m for n, m in numbers if n <= version]
    above = [m for n, m in numbers if n >= version or n.release[:2] == version.release[:2]]
    return same or (list(dict.fromkeys((below[-1], above[0]))) if below and above else [])


def _cells(
    table: Any, objects: Sequence[str], pairs: list[tuple[str, str]]
) -> Iterator[tuple[str, str, tuple[str, str]]]:
    for name in objects:
        rows = [row for row in table["failures"] if row["object"] == name]
        for writer, reader in pairs:
            if writer in table["unwritten"].get(name, ()) or reader in table["unread"].get(name, ()):
                continue
            row = next((r for r in rows if reader in r["pairs"].get(writer, ())), {"at": "", "error": ""})
            yield row["at"], row["error"], (writer, reader)
