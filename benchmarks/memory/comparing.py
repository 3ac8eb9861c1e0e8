"""Estimates beside truth: errors, shares, and the tables in Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Row = dict[str, Any]
MIB = 1 << 20


class Compared(NamedTuple):
    """
    One recipe on one GPU.

    Args:
        gpu, recipe, family: which.
        truth, said: the row of measure.py, and that of the trace.
    """

    gpu: str
    recipe: str
    family: str
    truth: Row
    said: Row

    @property
    def failed(self) -> str:
        """Why there is no figure; empty where there is one."""
        return str(self.truth.get("error") or self.said.get("error") or "")

    @property
    def error(self) -> float:
        """How far the estimated peak of reserved bytes is off, in percent of the true one."""
        return percent(self.said["peak_reserved"], self.truth["peak_reserved_2"])

    @property
    def allocated_error(self) -> float:
        """The same of the peak of allocated bytes."""
        return percent(self.said["peak_allocated"], self.truth["peak_allocated_2"])

    @property
    def exact(self) -> bool:
        """Whether the peak of reserved bytes is exact."""
        return not self.failed and bool(self.said["peak_reserved"] == self.truth["peak_reserved_2"])

    @property
    def parameters_exact(self) -> bool:
        """Whether the bytes of parameters and buffers are."""
        said = self.said.get("parameters"), self.said.get("buffers")
        return said == (self.truth.get("parameter_bytes"), self.truth.get("buffer_bytes"))


def percent(said: int, true: int) -> float:
    """Return the relative error in percent."""
    return 100.0 * (said - true) / true


class Summary(NamedTuple):
    """Shares and errors, in percent, over those that have figures; failures are counted apart."""

    count: int
    failed: int
    exact: float
    median: float
    mean: float
    p95: float
    worst: float
    allocated: float
    parameters: float


def summary(rows: list[Compared]) -> Summary:
    """Return what the table says of rows. A failure is not exact, but has no error."""
    known = [row for row in rows if not row.failed]
    errors = sorted(abs(row.error) for row in known) or [math.inf]
    return Summary(
        count=len(rows),
        failed=len(rows) - len(known),
        exact=_share(row.exact for row in rows),
        median=statistics.median(errors),
        mean=statistics.fmean(errors),
        p95=errors[math.ceil(0.95 * len(errors)) - 1],
        worst=errors[-1],
        allocated=statistics.fmean([abs(row.allocated_error) for row in known] or [math.inf]),
        parameters=_share(row.parameters_exact for row in rows),
    )


def _share(those: Iterable[bool]) -> float:
    found = list(those)
    return 100.0 * sum(found) / len(found) if found else 0.0


TARGETS: tuple[tuple[str, Callable[[Summary], bool]], ...] = (
    ("peak reserved exact for at least 70 %", lambda s: s.exact >= 70),
    ("median error at most 0.1 %", lambda s: s.median <= 0.1),
    ("mean error at most 0.5 %", lambda s: s.mean <= 0.5),
    ("worst error at most 5 %", lambda s: s.worst <= 5),
    ("parameter bytes exact", lambda s: s.parameters >= 100),
    ("no failures", lambda s: s.failed == 0),
)


def by(rows: list[Compared], key: Callable[[Compared], str]) -> dict[str, list[Compared]]:
    """Return rows by what ``key`` says, in the order in which they come."""
    found: dict[str, list[Compared]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def markdown(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table; the first column is left-aligned, the others right."""
    names = list(header)
    lines = [" | ".join(names), " | ".join(["---"] + ["---:"] * (len(names) - 1))]
    lines += [" | ".join(map(str, row)) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def summaries(groups: dict[str, list[Compared]], title: str) -> str:
    """Return the table of groups."""
    header = (title, "n", "failed", "exact", "median", "mean", "p95", "worst", "allocated, mean", "parameters exact")
    return markdown(header, (_summarised(name, summary(rows)) for name, rows in groups.items()))


def _summarised(name: str, said: Summary) -> tuple[object, ...]:
    shown = [
        f"{value:.3f} %" if math.isfinite(value) else ""
        for value in (said.median, said.mean, said.p95, said.worst, said.allocated)
    ]
    return (name, said.count, said.failed, f"{said.exact:.0f} %", *shown, f"{said.parameters:.0f} %")


def each(rows: list[Compared]) -> str:
    """Return the table of recipes on one GPU."""
    header = ("recipe", "true, MiB", "estimated, MiB", "reserved", "allocated", "parameters", "covered", "s")
    return markdown(header, map(_line, rows))


def _line(row: Compared) -> tuple[object, ...]:
    if row.failed:
        return (row.recipe, "", "", row.failed.replace("\n", " ").replace("|", "/")[:80], "", "", "", "")
    true, said = row.truth, row.said
    return (
        row.recipe,
        f"{true['peak_reserved_2'] / MIB:,.0f}",
        f"{said['peak_reserved'] / MIB:,.0f}",
        "exact" if row.exact else f"{row.error:+.3f} %",
        "exact" if said["peak_allocated"] == true["peak_allocated_2"] else f"{row.allocated_error:+.3f} %",
        "exact" if row.parameters_exact else "differ",
        f"{100 * said.get('coverage', 0):.0f} %",
        said.get("wall_s", ""),
    )
