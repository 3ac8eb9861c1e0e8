"""weights-cut-short: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/weights-cut-short").findings[0]
    assert first.check.id == "weights-cut-short"
    assert "net.pt" in first.finding.message
    assert "cut short" in first.finding.message


def test_whole():
    outcome = ask("weights-cut-short", artifact={"model.npy": b"no model"})
    assert outcome.status is Status.CLEAR
