"""Tests of the check hook-misspelt."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/hook-misspelt").findings[0]
    assert first.check.id == "hook-misspelt"
    assert "predict_func is never called" in first.finding.message


def test_a_helper_that_is_used_is_clear():
    code = "def predict_func(d):\n    return d\n\n\ndef transform_fn(m, d, c, a):\n    return predict_func(d)\n"
    assert ask("hook-misspelt", artifact={"code/inference.py": code}, stack="pytorch").status is Status.CLEAR


def test_other_names_are_clear():
    code = "def input_file(d):\n    return d\n\n\ndef predict(d, m):\n    return d\n"
    assert ask("hook-misspelt", artifact={"code/inference.py": code}, stack="pytorch").status is Status.CLEAR
