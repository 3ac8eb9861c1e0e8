"""wrong-archive-type: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/wrong-archive-type").findings[0]
    assert first.check.id == "wrong-archive-type"
    assert "model.zip" in first.finding.message
    assert "zip archive" in first.finding.message


def test_tar_gz():
    outcome = ask("wrong-archive-type", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
