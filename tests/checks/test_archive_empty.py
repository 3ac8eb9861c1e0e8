"""archive-empty: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/archive-empty").findings[0]
    assert first.check.id == "archive-empty"
    assert "holds no file" in first.finding.message


def test_one_file():
    outcome = ask("archive-empty", artifact={"model.pkl": b"x"})
    assert outcome.status is Status.CLEAR
