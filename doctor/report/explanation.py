"""What ``doctor explain ID`` prints: the check's own docstring and where it rests."""

from __future__ import annotations

from textwrap import dedent

from doctor.model import Check, label
from doctor.report.style import DIM, SEVERITY_STYLE, Page, Text


def render(check: Check, *, colour: bool, width: int) -> str:
    """Return the explanation of one check."""
    page = Page(min(width, 100), colour=colour)
    page.line(Text(check.id, "bold"), Text(f"  {check.title}"))
    page.line(
        Text(label(check.severity), SEVERITY_STYLE[check.severity]), Text(f", {label(check.stage)}, {check.fault}", DIM)
    )
    page.line("")
    for paragraph in dedent(check.explanation).strip().split("\n\n"):
        page.block("", Text(" ".join(paragraph.split())))
        page.line("")
    for symptom in check.symptoms:
        page.line(Text("log    ", DIM), Text(symptom))
    page.line(Text("needs  ", DIM), Text(", ".join(check.inputs)))
    page.line(Text("basis  ", DIM), Text(check.basis))
    return page.text()
