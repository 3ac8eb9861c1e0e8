"""file-permissions: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/file-permissions").findings[0]
    assert first.check.id == "file-permissions"
    assert "line.json" in first.finding.message
    assert "0600" in first.finding.message


def test_readable():
    outcome = ask("file-permissions", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
