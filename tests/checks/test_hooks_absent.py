"""Tests of the check hooks-absent."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/hooks-absent").findings[0]
    assert first.check.id == "hooks-absent"
    assert "inference_handler" in first.finding.message


def test_imported_functions_count():
    code = "from hooks import model_fn\n"
    assert (
        ask(
            "hooks-absent",
            artifact={"code/inference.py": code, "code/hooks.py": "def model_fn(d): return 1"},
            stack="sklearn",
        ).status
        is Status.CLEAR
    )


def test_an_assignment_counts():
    code = "def load(d):\n    return 1\n\n\nmodel_fn = load\n"
    assert ask("hooks-absent", artifact={"code/inference.py": code}, stack="sklearn").status is Status.CLEAR


def test_tensorflow_serving_needs_both():
    code = "def input_handler(data, context):\n    return data\n"
    outcome = ask("hooks-absent", artifact={"code/inference.py": code}, stack="tensorflow-serving")
    assert outcome.status is Status.FOUND
    assert "input_handler and output_handler" in outcome.findings[0].message


def test_other_stacks_have_defaults():
    code = "x = 1\n"
    assert ask("hooks-absent", artifact={"code/inference.py": code}, stack="huggingface").status is Status.CLEAR
