"""What ``doctor checks`` prints: every check by area."""

from __future__ import annotations

import json
from itertools import groupby

from doctor.model import Check, label
from doctor.report.style import SEVERITY_STYLE, Page, Text


def render(checks: tuple[Check, ...], *, colour: bool, width: int) -> str:
    """Return the list as text."""
    page = Page(width, colour=colour)
    longest = max((len(c.id) for c in checks), default=0)
    for area, members in groupby(checks, key=lambda c: c.area):
        page.line(Text(area, "bold"))
        for check in members:
            head = Text(f"{label(check.severity):<8}", SEVERITY_STYLE[check.severity]).append(
                f"{check.id:<{longest}}  ", "bold"
            )
            page.block(head, Text(check.title), indent=2)
        page.line("")
    page.line(f"{len(checks)} checks; `doctor explain ID` tells more")
    return page.text()


def as_json(checks: tuple[Check, ...]) -> str:
    """Return the list as JSON text."""
    rows = [
        {
            "check": c.id, "area": c.area, "title": c.title, "fault": c.fault, "severity": label(c.severity),
            "stage": label(c.stage), "inputs": list(c.inputs), "basis": c.basis, "symptoms": list(c.symptoms),
        }
        for c in checks
    ]  # fmt: skip
    return json.dumps({"version": 1, "checks": rows}, indent=2)
