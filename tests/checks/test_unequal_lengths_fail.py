"""Tests of the check unequal-lengths-fail."""

from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

LINE = "RuntimeError: Sizes of tensors must match except in dimension 2. Expected size 17 but got size 16"
FAILED = {
    "case": "unequal lengths: a 17, b 16",
    "works": False,
    "failure": {"line": LINE, "where": "code/inference.py:9"},
}


def asked(**value):
    return ask("unequal-lengths-fail", shapes=Step("shapes", Ended.FINISHED, value=value))


def test_is_first_on_its_fixture():
    first = examine("sick/unequal-lengths-fail").findings[0]
    assert (first.check.id, first.check.severity) == ("unequal-lengths-fail", Severity.NOTE)
    assert "sales 17, weather 16" in first.finding.message
    assert "Expected size 17 but got size 16" in first.finding.log


def test_a_request_tells_more_than_a_call_of_the_model():
    request = {"case": "unequal lengths: a 20, b 12", "works": False, "failure": {"line": "ValueError: not equal"}}
    (finding,) = asked(cases=[FAILED], requests=[request]).findings
    assert "a 20, b 12" in finding.message


def test_the_place_in_the_artifact_is_named():
    assert "(code/inference.py:9)" in asked(cases=[FAILED]).findings[0].evidence[0].saw


def test_lengths_that_need_not_agree_are_clear():
    assert asked(cases=[{**FAILED, "works": True}], requests=[]).status is Status.CLEAR
    assert asked().status is Status.CLEAR
