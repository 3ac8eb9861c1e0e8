"""Tests of the check round-trip-fails."""

from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def asked(**value):
    return ask("round-trip-fails", round_trip=Step("round-trip", Ended.FINISHED, value=value))


def failure(phase, line):
    return {"phase": phase, "type": "X", "message": line, "line": line}


def test_is_first_on_its_fixture():
    first = examine("sick/round-trip-fails").findings[0]
    assert first.check.id == "round-trip-fails"
    assert first.check.severity is Severity.NOTE
    assert 'Missing key(s) in state_dict: "body.weight"' in first.finding.message


def test_a_lambda_is_told_apart():
    line = "_pickle.PicklingError: Can't pickle <function <lambda> at 0x7f>: attribute lookup failed"
    (finding,) = asked(type="Pipeline", way="joblib.dump", failure=failure("save", line)).findings
    assert "can't be saved again (joblib.dump)" in finding.message
    assert "module under code/" in finding.fix


def test_a_layer_without_a_config_is_told_apart():
    line = "NotImplementedError: Object Table ... the object must override `get_config()`"
    (finding,) = asked(type="Functional", way="model.save", failure=failure("save", line)).findings
    assert "get_config" in finding.fix


def test_each_model_of_several_is_told_of():
    line = "TypeError: cannot pickle '_thread.lock' object"
    other = {"type": "B", "way": "pickle.dump", "framework": "pickle", "failure": failure("save", line)}
    (finding,) = asked(type="A", failure=None, others=[other]).findings
    assert finding.message.startswith("B serves")


def test_what_came_back_is_clear():
    assert asked(type="A", failure=None, others=[]).status is Status.CLEAR


def test_a_step_that_ended_early_is_unknown():
    step = Step("round-trip", Ended.OUT_OF_MEMORY)
    assert ask("round-trip-fails", round_trip=step).status is Status.UNKNOWN
    assert ask("round-trip-differs", round_trip=step).status is Status.UNKNOWN
    load = Step("load", Ended.FINISHED)
    assert ask("loaded-weights-missing", load=load, round_trip=step).status is Status.UNKNOWN
