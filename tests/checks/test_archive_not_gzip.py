"""archive-not-gzip: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/archive-not-gzip").findings[0]
    assert first.check.id == "archive-not-gzip"
    assert "a plain tar archive" in first.finding.message


def test_web_page():
    first = examine("sick/archive-not-gzip--web-page").findings[0]
    assert first.check.id == "archive-not-gzip"
    assert "<!DOCTYPE html>" in first.finding.message


def test_a_folder():
    outcome = ask("archive-not-gzip", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
