"""Tests of the check handler-syntax-error."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/handler-syntax-error").findings[0]
    assert first.check.id == "handler-syntax-error"
    assert "was never closed" in first.finding.message


def test_valid_python_is_clear():
    code = "def model_fn(model_dir):\n    return 1\n"
    assert ask("handler-syntax-error", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_module_that_is_only_imported_in_a_try_is_clear():
    code = "def model_fn(d):\n    return 1\n"
    assert (
        ask("handler-syntax-error", artifact={"code/inference.py": code, "code/other.py": "def ("}).status
        is Status.CLEAR
    )
