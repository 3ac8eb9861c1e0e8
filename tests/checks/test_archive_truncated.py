"""archive-truncated: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/archive-truncated").findings[0]
    assert first.check.id == "archive-truncated"
    assert "ends early" in first.finding.message


def test_whole():
    outcome = ask("archive-truncated", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
