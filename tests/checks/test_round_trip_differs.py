"""Tests of the check round-trip-differs."""

from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

SAME = {"equal": True, "difference": "", "input": "n_features_in_"}


def asked(**value):
    value = {"type": "Net", "way": "torch.save", "failure": None, "differ": [], "outputs": SAME, **value}
    return ask("round-trip-differs", round_trip=Step("round-trip", Ended.FINISHED, value=value))


def test_is_first_on_its_fixture():
    first = examine("sick/round-trip-differs").findings[0]
    assert first.check.id == "round-trip-differs"
    assert first.check.severity is Severity.NOTE
    assert "answers differ" in first.finding.message


def test_parameters_that_differ_are_shown():
    row = {"name": "scale", "before": "float32 [1] aa", "after": "float32 [1] bb"}
    (finding,) = asked(differ=[row]).findings
    assert finding.evidence[0].saw == "scale: float32 [1] aa, then float32 [1] bb"


def test_answers_that_differ_are_shown():
    unlike = {"equal": False, "difference": "1 and 2", "input": "config.json"}
    assert "1 and 2" in asked(outputs=unlike).findings[0].message


def test_the_same_is_clear():
    assert asked().status is Status.CLEAR
    assert asked(outputs="not compared: no input").status is Status.CLEAR
