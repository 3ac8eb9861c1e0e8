"""The report as JSON, version 1: ``docs/report.schema.json`` is its schema."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from doctor import __version__
from doctor.model import Ranked, Report, Severity, Status, Tried, label


def as_value(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    said = {
        "version": 1,
        "doctor": __version__,
        "subject": report.subject,
        "findings": [_finding(r) for r in report.findings],
        "unknown": _unknown(report),
        "summary": _summary(report),
    }
    return said if report.tried is None else {**said, "trial": _trial(report.tried)}


def render(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_value(report), indent=2)


def _finding(ranked: Ranked) -> dict[str, Any]:
    check, finding = ranked.check, ranked.finding
    return {
        "check": check.id,
        "title": check.title,
        "fault": check.fault,
        "severity": label(check.severity),
        "likelihood": label(finding.likelihood),
        "stage": label(check.stage),
        "message": finding.message,
        "evidence": [{"where": e.where, "saw": e.saw} for e in finding.evidence],
        "log": finding.log,
        "fix": finding.fix,
        "because_of": ranked.because_of,
    }


def _trial(tried: Tried) -> dict[str, Any]:
    return {
        "place": tried.place,
        "isolated": list(tried.isolated),
        "exposed": list(tried.exposed),
        "steps": [
            {
                "name": s.name,
                "result": s.result,
                "told": list(s.told),
                "seconds": s.seconds,
                "peak_bytes": s.peak,
                "value": dict(s.value),
            }
            for s in tried.steps
        ],
        "attempts": list(tried.attempts),
        "cleared": [_finding(r) for r in tried.cleared],
    }


def _unknown(report: Report) -> list[dict[str, str]]:
    rows = [
        {"check": o.check.id, "where": "", "status": label(o.status), "reason": reason}
        for o in report.outcomes
        for reason in o.reasons
    ]
    return rows + [{"check": "", "where": e.where, "status": "unknown", "reason": e.saw} for e in report.unexamined]


def _summary(report: Report) -> dict[str, Any]:
    found = Counter(r.check.severity for r in report.findings)
    states = Counter(o.status for o in report.outcomes)
    return {
        "findings": {label(s): found[s] for s in sorted(Severity, reverse=True)},
        "checks": {label(s): states[s] for s in sorted(Status)},
        "files_not_understood": len(report.unexamined),
    }
