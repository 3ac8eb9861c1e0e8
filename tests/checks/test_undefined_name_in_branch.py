"""Tests of the check undefined-name-in-branch."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/undefined-name-in-branch").findings[0]
    assert first.check.id == "undefined-name-in-branch"
    assert "uses io" in first.finding.message


def test_an_undefined_error_that_is_raised_fails_either_way():
    code = (
        "def output_fn(p, accept):\n"
        "    if accept == 'text/csv':\n"
        "        raise RuntimeException(accept)\n"
        "    return p\n"
    )
    assert ask("undefined-name-in-branch", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_the_certain_ones_belong_to_the_other_check():
    code = "def model_fn(d):\n    return unknown\n"
    assert ask("undefined-name-in-branch", artifact={"code/inference.py": code}).status is Status.CLEAR
