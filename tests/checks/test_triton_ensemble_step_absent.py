"""triton-ensemble-step-absent: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import LINE


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-ensemble-step-absent")
    assert found.check.id == "triton-ensemble-step-absent"
    assert "whole" in found.finding.message
    assert "lin" in found.finding.message


def test_no_ensemble():
    outcome = ask("triton-ensemble-step-absent", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_of_another_model_that_is_not_started():
    outcome = ask(
        "triton-ensemble-step-absent",
        artifact=LINE | {"e/config.pbtxt": 'platform: "ensemble" ensemble_scheduling { step [{ model_name: "x" }] }'},
        stack="triton",
        env={"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "line"},
    )
    assert outcome.status is Status.CLEAR
