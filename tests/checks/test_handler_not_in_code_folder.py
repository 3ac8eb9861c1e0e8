"""handler-not-in-code-folder: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/handler-not-in-code-folder").findings[0]
    assert first.check.id == "handler-not-in-code-folder"
    assert "inference.py" in first.finding.message


def test_in_the_folder():
    outcome = ask("handler-not-in-code-folder", artifact={"code/inference.py": "x = 1"}, stack="tensorflow-serving")
    assert outcome.status is Status.CLEAR


def test_pytorch_finds_it_at_the_root():
    outcome = ask("handler-not-in-code-folder", artifact={"inference.py": "x = 1", "model.pt": b"x"}, stack="pytorch")
    assert outcome.status is Status.CLEAR
