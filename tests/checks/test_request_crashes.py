"""Tests of the check request-crashes."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/request-crashes").findings[0]
    assert first.check.id == "request-crashes"
    assert "in input_fn: SIGSEGV at code/inference.py:19" in first.finding.message


def test_a_crash_with_made_up_values_proves_nothing():
    step = Step("invoke", Ended.SIGNALLED, phase="made: predict", signal=11)
    assert ask("request-crashes", invoke=step).status is Status.UNKNOWN


def test_a_crash_on_a_broken_request_is_not_its_question():
    step = Step("invoke", Ended.SIGNALLED, phase="malformed: empty body: input", signal=11)
    assert ask("request-crashes", invoke=step).status is Status.CLEAR


def test_memory_is_that_of_the_instance():
    step = Step("invoke", Ended.OUT_OF_MEMORY, phase="predict", peak=4 << 30)
    assert ask("request-crashes", invoke=step).status is Status.UNKNOWN
    assert ask("request-crashes", invoke=step, instance="ml.m5.4xlarge").status is Status.UNKNOWN
    assert ask("request-crashes", invoke=step, instance="ml.t2.medium").status is Status.FOUND


def test_time_is_that_of_the_endpoint():
    late = Step("invoke", Ended.OUT_OF_TIME, phase="predict", seconds=300)
    assert ask("request-crashes", invoke=late).status is Status.FOUND
    assert ask("request-crashes", invoke=late, endpoint="async").status is Status.UNKNOWN
