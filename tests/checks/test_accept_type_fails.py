"""Tests of the check accept-type-fails."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/accept-type-fails").findings[0]
    assert first.check.id == "accept-type-fails"
    assert "with Accept: text/csv the same request fails at code/inference.py:24" in first.finding.message


def test_what_raises_on_purpose_is_clear():
    report = examine("healthy/refuses-broken-requests")
    assert not [f for f in report.findings if f.check.id == "accept-type-fails"]


def test_the_types_of_the_stack_alone_are_clear():
    failure = {"phase": "output", "type": "ValueError", "line": "ValueError: Expected 1D or 2D array"}
    cases = [{"name": "accept text/csv", "accept": "text/csv", "outcome": "failed", "failure": failure, "proof": False}]
    step = Step("invoke", Ended.FINISHED, {"cases": cases})
    assert ask("accept-type-fails", invoke=step).status is Status.CLEAR
