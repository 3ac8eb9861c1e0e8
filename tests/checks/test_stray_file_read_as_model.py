"""stray-file-read-as-model: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/stray-file-read-as-model").findings[0]
    assert first.check.id == "stray-file-read-as-model"
    assert "README.md" in first.finding.message


def test_dotfiles_are_left_out():
    outcome = ask(
        "stray-file-read-as-model",
        artifact={"xgboost-model": b"x", ".gitignore": "", "docs/README.md": ""},
        stack="xgboost",
    )
    assert outcome.status is Status.CLEAR


def test_a_script():
    outcome = ask(
        "stray-file-read-as-model",
        artifact={"xgboost-model": b"x", "README.md": "", "code/inference.py": "x = 1"},
        stack="xgboost",
    )
    assert outcome.status is Status.CLEAR
