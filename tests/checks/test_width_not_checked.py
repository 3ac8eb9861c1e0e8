"""Tests of the check width-not-checked."""

from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def asked(said):
    row = {"name": "x", "means": ["batch", "features"], "size": [1, 4], "dims": [{"says": "free"}, said]}
    return ask("width-not-checked", shapes=Step("shapes", Ended.FINISHED, value={"inputs": [row]}))


def test_is_first_on_its_fixture():
    first = examine("sick/width-not-checked").findings[0]
    assert (first.check.id, first.check.severity) == ("width-not-checked", Severity.NOTE)
    assert first.finding.message.startswith("x has 10 features")


def test_inputs_that_share_a_width_are_named_by_their_sum():
    (finding,) = asked({"says": "joined", "size": 2, "sum": 7, "unchecked": True}).findings
    assert "7 features" in finding.message


def test_a_width_that_is_refused_is_clear():
    assert asked({"says": "fixed", "size": 4}).status is Status.CLEAR
