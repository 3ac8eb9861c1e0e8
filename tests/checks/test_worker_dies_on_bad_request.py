"""Tests of the check worker-dies-on-bad-request."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/worker-dies-on-bad-request").findings[0]
    assert first.check.id == "worker-dies-on-bad-request"
    assert "a body cut in half ends the worker at code/inference.py:18: SystemExit: 1" in first.finding.message


def test_a_crash_on_an_empty_body():
    step = Step("invoke", Ended.SIGNALLED, phase="malformed: empty body: predict", signal=11)
    (finding,) = ask("worker-dies-on-bad-request", invoke=step).findings
    assert "a request with an empty body ends the worker in predict_fn: signal 11" in finding.message


def test_errors_are_the_right_answer():
    refused = {
        "name": "empty body",
        "outcome": "refused",
        "failure": {"type": "ValueError", "line": "ValueError: empty"},
    }
    step = Step("invoke", Ended.FINISHED, {"cases": [], "malformed": [refused], "worker_lives": True})
    assert ask("worker-dies-on-bad-request", invoke=step).status is Status.CLEAR


def test_good_requests_that_fail_afterwards():
    step = Step("invoke", Ended.FINISHED, {"cases": [], "malformed": [], "worker_lives": False})
    assert ask("worker-dies-on-bad-request", invoke=step).status is Status.FOUND
