"""duplicate-members: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/duplicate-members").findings[0]
    assert first.check.id == "duplicate-members"
    assert "code/inference.py" in first.finding.message


def test_once():
    outcome = ask("duplicate-members", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
