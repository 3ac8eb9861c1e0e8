"""Tests of the check sample-answered-with-error-text."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/sample-answered-with-error-text").findings[0]
    assert first.check.id == "sample-answered-with-error-text"
    assert "X has 4 features, but LogisticRegression is expecting 3" in first.finding.message


def test_a_failure_with_a_status_is_not_its_question():
    told = {
        "request": {"source": "sample"},
        "cases": [{"name": "sample", "outcome": "failed", "says": "", "proof": True}],
    }
    assert ask("sample-answered-with-error-text", invoke=Step("invoke", Ended.FINISHED, told)).status is Status.CLEAR


def test_a_made_up_request_proves_nothing():
    cases = [{"name": "made", "outcome": "failed", "says": "bad", "proof": False}]
    told = {"request": {"source": "made"}, "cases": cases}
    assert ask("sample-answered-with-error-text", invoke=Step("invoke", Ended.FINISHED, told)).status is Status.UNKNOWN
