"""Tests of the check left-in-training-mode."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

LAYERS = [{"name": "drop", "class": "Dropout"}, {"name": "norm", "class": "BatchNorm1d"}]


def asked(layers, code="def predict_fn(data, model):\n    return model(data)\n"):
    step = Step("invoke", Ended.FINISHED, value={"in_training": layers})
    return ask("left-in-training-mode", artifact={"code/inference.py": code}, invoke=step)


def test_is_first_on_its_fixture():
    first = examine("sick/left-in-training-mode").findings[0]
    assert first.check.id == "left-in-training-mode"
    assert "BatchNorm1d" in first.finding.message


def test_layers_that_ran_are_named():
    (finding,) = asked(LAYERS).findings
    assert finding.message == "Dropout (drop) and 1 more ran in training mode while a request was answered"


def test_a_handler_that_sets_the_mode_means_it():
    assert asked(LAYERS, "def predict_fn(data, model):\n    return model.train()(data)\n").status is Status.CLEAR


def test_none_is_clear():
    assert asked([]).status is Status.CLEAR
