"""archive-has-devices: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/archive-has-devices").findings[0]
    assert first.check.id == "archive-has-devices"
    assert "run/gunicorn.fifo" in first.finding.message


def test_files():
    outcome = ask("archive-has-devices", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
