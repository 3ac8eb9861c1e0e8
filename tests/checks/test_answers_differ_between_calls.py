"""Tests of the check answers-differ-between-calls."""

from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

VALUE = {
    "repeatable": False,
    "repeat_difference": "0.1 and 0.2",
    "random": ["aten.bernoulli_.float"],
    "training": {"after_load": False, "in_call": False},
    "generates": False,
}


def asked(**value):
    return ask("answers-differ-between-calls", shapes=Step("shapes", Ended.FINISHED, value={**VALUE, **value}))


def test_is_first_on_its_fixture():
    first = examine("sick/answers-differ-between-calls").findings[0]
    assert (first.check.id, first.check.severity) == ("answers-differ-between-calls", Severity.WARNING)
    assert "dropout is active while it serves" in first.finding.message
    assert "bernoulli" in first.finding.evidence[1].saw


def test_a_model_that_the_handler_calls_in_training_mode_wants_eval():
    (finding,) = asked(training={"after_load": True, "in_call": True}).findings
    assert finding.fix == "call model.eval() before model_fn returns the model"


def test_a_mode_that_nobody_saw_is_unknown():
    outcome = asked(training={"after_load": True, "in_call": None})
    assert outcome.status is Status.UNKNOWN
    assert "nobody saw in which mode" in outcome.reasons[0]


def test_a_model_that_draws_its_answer_is_unknown():
    for drawn in ([], ["aten.randn.default"], ["aten.bernoulli_.float", "aten.normal_.default"]):
        assert asked(random=drawn).status is Status.UNKNOWN


def test_a_generator_and_calls_that_agree_are_clear():
    assert asked(generates=True).status is Status.CLEAR
    assert asked(repeatable=True).status is Status.CLEAR
    assert asked(repeatable=None).status is Status.CLEAR
