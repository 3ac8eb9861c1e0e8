"""Tests of the check syntax-newer-than-python."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/syntax-newer-than-python").findings[0]
    assert first.check.id == "syntax-newer-than-python"
    assert "Python 3.8.18" in first.finding.message


def test_annotations_that_are_not_evaluated_are_clear():
    code = "from __future__ import annotations\n\n\ndef model_fn(d: int | None):\n    return d\n"
    assert (
        ask("syntax-newer-than-python", artifact={"code/inference.py": code}, serving={}, python="3.8.18").status
        is Status.CLEAR
    )


def test_the_same_syntax_on_a_new_python_is_clear():
    code = "match 1:\n    case _:\n        pass\n"
    assert (
        ask("syntax-newer-than-python", artifact={"code/inference.py": code}, serving={}, python="3.10.2").status
        is Status.CLEAR
    )


def test_builtin_generics_need_39():
    code = "def model_fn(d: list[int]):\n    return d\n"
    outcome = ask("syntax-newer-than-python", artifact={"code/inference.py": code}, serving={}, python="3.8.18")
    assert outcome.status is Status.FOUND
    assert "3.9" in outcome.findings[0].message
