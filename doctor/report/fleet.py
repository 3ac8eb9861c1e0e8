"""The report of several artifacts: each one's own, what is the same for all told once, then what they do together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor import __version__
from doctor.model import Ranked, Report, Severity, Status, label
from doctor.report import text
from doctor.report.json import as_value as report_as_value
from doctor.report.style import DIM, SEVERITY_STYLE, Page, Text, safe

if TYPE_CHECKING:
    from doctor.fleetreport import FleetReport

_TOGETHER = "together"


def render(found: FleetReport, *, verbosity: int, colour: bool, width: int) -> str:
    """
    Return the report as text.

    Args:
        found: what to tell.
        verbosity: -1 a line for each finding; 0 the findings; 1 also what could not be examined; 2 also what was clear.
        colour: whether to write ANSI colours.
        width: columns.
    """
    if verbosity < 0:
        return _lines(found, colour=colour, width=width)
    said: dict[tuple[str, str], str] = {}
    parts = []
    for name, report in (*found.members, (_TOGETHER, found.together)):
        page = Page(width, colour=colour)
        page.line(Text(safe(name) if name != _TOGETHER else _heading(found), "bold"))
        own, told = _without_told(name, report, said)
        for ranked, where in told:
            line = Text(f"as of {safe(where)}: ", DIM).append(label(ranked.check.severity), _style(ranked))
            page.line("  ", line.append(f" {ranked.check.id}", "bold"))
        if told:
            page.line("")
        body = text.render(own, verbosity=verbosity, colour=colour, width=width)
        ending, whole = Page(width, colour=colour), Page(width, colour=colour)
        ending.block("", text.summary(own, verbosity))
        whole.block("", text.summary(report, verbosity))  # what was told before counts too
        if name == _TOGETHER and len(found.peaks) > 1:
            whole.block("", _peaks(found))
        parts.append(page.text() + body.removesuffix(ending.text()) + whole.text())
    page = Page(width, colour=colour)
    page.block("", summary(found))
    return "\n".join([*parts, page.text()])


def summary(found: FleetReport) -> Text:
    """Return the line that counts over all: artifacts, and findings by severity."""
    line = Text(f"{_count(len(found.members), 'artifact')}: ")
    counts = Counter(r.check.severity for report in found.reports for r in report.findings)
    told = [(s, counts[s]) for s in sorted(Severity, reverse=True) if counts[s]]
    for at, (severity, number) in enumerate(told):
        line.append(("" if at == 0 else ", ") + _count(number, label(severity)), SEVERITY_STYLE[severity])
    return line if told else line.append("nothing found", "bold green")


def as_value(found: FleetReport) -> dict[str, Any]:
    """Return the report as plain data: ``docs/fleet.schema.json`` is its schema."""
    together = report_as_value(found.together)
    return {
        "version": 1,
        "doctor": __version__,
        "subject": together.pop("subject"),
        "members": [{"name": name, "report": report_as_value(report)} for name, report in found.members],
        "together": {key: together[key] for key in ("findings", "unknown", "summary")},
        "summary": _summary(found),
        **({"peaks": found.peaks} if found.peaks else {}),
    }


def as_json(found: FleetReport) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_value(found), indent=2)


def _lines(found: FleetReport, *, colour: bool, width: int) -> str:
    page = Page(width, colour=colour)
    for name, report in (*found.members, (_TOGETHER, found.together)):
        for ranked in report.findings:
            tag = Text(f"{label(ranked.check.severity):<7} ", _style(ranked)).append(ranked.check.id, "bold")
            page.line(f"{safe(name)}: ", tag, f" {safe(ranked.finding.message)}")
    return page.text()


def _peaks(found: FleetReport) -> Text:
    peaks = found.peaks.values()
    return Text(f"{_count(len(peaks), 'artifact')} loaded: {sum(peaks) / (1 << 20):.0f} MiB together", DIM)


def _heading(found: FleetReport) -> str:
    kind = found.together.subject.get("endpoint", "")
    return f"{_TOGETHER}, behind one {kind} endpoint" if kind else _TOGETHER


def _without_told(
    name: str, report: Report, said: dict[tuple[str, str], str]
) -> tuple[Report, list[tuple[Ranked, str]]]:
    """
    Return a report without the findings that an artifact before it had word for word, and those with where they were.

    Args:
        name: of the artifact.
        report: its own.
        said: for each finding the first artifact that had it; grows.
    """
    kept: list[Ranked] = []
    told: list[tuple[Ranked, str]] = []
    for group in _groups(report):
        first = group[0]
        where = said.setdefault((first.check.id, first.finding.message), name)
        if where == name:
            kept += group
        else:
            told.append((first, where))
    return report._replace(findings=tuple(kept)), told


def _groups(report: Report) -> Iterator[list[Ranked]]:
    """Each finding that nothing explains, with those that it explains."""
    group: list[Ranked] = []
    for ranked in report.findings:
        if not ranked.because_of and group:
            yield group
            group = []
        group.append(ranked)
    if group:
        yield group


def _summary(found: FleetReport) -> dict[str, Any]:
    severities = Counter(r.check.severity for report in found.reports for r in report.findings)
    states = Counter(o.status for report in found.reports for o in report.outcomes)
    return {
        "artifacts": len(found.members),
        "findings": {label(s): severities[s] for s in sorted(Severity, reverse=True)},
        "checks": {label(s): states[s] for s in sorted(Status)},
        "files_not_understood": sum(len(report.unexamined) for report in found.reports),
    }


def _style(ranked: Ranked) -> str:
    return SEVERITY_STYLE[ranked.check.severity]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
