"""Tests of the check hook-returns-nothing."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/hook-returns-nothing").findings[0]
    assert first.check.id == "hook-returns-nothing"
    assert "model_fn returns nothing" in first.finding.message


def test_a_global_model_needs_no_return():
    code = (
        "M = None\n\n\ndef model_fn(d):\n    global M\n    M = len\n\n\ndef predict_fn(x, _model):\n    return M(x)\n"
    )
    assert ask("hook-returns-nothing", artifact={"code/inference.py": code}, stack="pytorch").status is Status.CLEAR


def test_the_default_predict_fn_needs_it():
    code = "def model_fn(d):\n    open(d)\n"
    outcome = ask("hook-returns-nothing", artifact={"code/inference.py": code}, stack="sklearn")
    assert outcome.status is Status.FOUND
    assert "default predict_fn" in outcome.findings[0].message


def test_a_function_that_only_raises_is_clear():
    code = "def model_fn(d):\n    raise NotImplementedError\n"
    assert ask("hook-returns-nothing", artifact={"code/inference.py": code}, stack="sklearn").status is Status.CLEAR
