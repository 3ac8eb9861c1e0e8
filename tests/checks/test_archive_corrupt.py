"""archive-corrupt: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/archive-corrupt").findings[0]
    assert first.check.id == "archive-corrupt"
    assert "damaged" in first.finding.message


def test_whole():
    outcome = ask("archive-corrupt", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
