"""Tests of the check content-type-not-handled."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/content-type-not-handled").findings[0]
    assert first.check.id == "content-type-not-handled"
    assert "text/csv" in first.finding.message


def test_json_that_is_handled_is_clear():
    code = (
        "def input_fn(b, c):\n"
        "    if c in ('application/json', 'text/csv'):\n"
        "        return b\n"
        "    raise ValueError(c)\n"
    )
    assert ask("content-type-not-handled", artifact={"code/inference.py": code}, sample=b"[1]").status is Status.CLEAR


def test_other_types_that_pass_are_clear():
    code = "def input_fn(b, c):\n    if c == 'text/csv':\n        return b\n    return b[1:]\n"
    assert ask("content-type-not-handled", artifact={"code/inference.py": code}, sample=b"[1]").status is Status.CLEAR
