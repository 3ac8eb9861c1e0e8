"""junk-packed: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/junk-packed").findings[0]
    assert first.check.id == "junk-packed"
    assert "._line.json" in first.finding.message


def test_nothing_to_leave_out():
    outcome = ask("junk-packed", artifact={"model.pt": b"x", ".gitignore": "", "optimizer.pt": b"small"})
    assert outcome.status is Status.CLEAR
