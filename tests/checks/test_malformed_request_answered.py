"""Tests of the check malformed-request-answered."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/malformed-request-answered").findings[0]
    assert first.check.id == "malformed-request-answered"
    assert "body cut in half is answered with status 200" in first.finding.message


def test_an_ignored_content_type_is_clear():
    cases = [{"name": "unknown content type", "outcome": "answered", "answer": "1"}]
    step = Step("invoke", Ended.FINISHED, {"request": {"source": "sample"}, "cases": [], "malformed": cases})
    assert ask("malformed-request-answered", invoke=step).status is Status.CLEAR
