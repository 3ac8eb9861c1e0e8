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
    table = load(f"measured/{family}")
    what = f"{table['leading']} {writer} read by {reader}"
    names = [n for n in table["environments"] if n[:1].isdigit()]
    writers, readers = around(writer, names), around(reader, names)
    if not (writers and readers):
        return Unknown(f"{what} was not measured ({names[0]} to {names[-1]} were)")
    cells = list(_cells(table, objects, writers, readers, same=writer == reader))
    if not cells:
        return Unknown(f"{what} was not measured for such an object")
    if len({at for at, *_ in cells}) > 1 or len({bool(error) for _, error, _ in cells}) > 1:
        return Unknown(f"{what} was not measured, and the versions around them differ")
    return Result(
        cells[0][0],
        cells[0][1],
        tuple(dict.fromkeys(c[2] for c in cells)),
        writers + readers == [str(writer), str(reader)],
    )


def around(version: Version, measured: Sequence[str]) -> list[str]:
    """Return the measured versions that a version is or lies between, at most two; [] where it lies outside."""
    from packaging.version import Version

    numbers = [(Version(m), m) for m in measured]
    same = [m for n, m in numbers if n == version]
    # A patch release of a measured minor version is taken for it, at the ends of what was measured too.
    below = [m for n, m in numbers if n <= version]
    above = [m for n, m in numbers if n >= version or n.release[:2] == version.release[:2]]
    return same or (list(dict.fromkeys((below[-1], above[0]))) if below and above else [])


def _cells(
    table: Any, objects: Sequence[str], writers: list[str], readers: list[str], *, same: bool
) -> Iterator[tuple[str, str, tuple[str, str]]]:
    for name in objects:
        rows = [row for row in table["failures"] if row["object"] == name]
        for writer in writers:
            for reader in readers:
                if same and writer != reader:
                    continue
                if writer in table["unwritten"].get(name, ()) or reader in table["unread"].get(name, ()):
                    continue
                row = next((r for r in rows if reader in r["pairs"].get(writer, ())), {"at": "", "error": ""})
                yield row["at"], row["error"], (writer, reader)
