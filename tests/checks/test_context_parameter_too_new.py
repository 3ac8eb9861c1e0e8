"""Tests of the check context-parameter-too-new."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/context-parameter-too-new").findings[0]
    assert first.check.id == "context-parameter-too-new"
    assert "'context'" in first.finding.message


def test_a_default_is_clear():
    code = "def model_fn(d, context=None):\n    return 1\n"
    assert (
        ask(
            "context-parameter-too-new",
            artifact={"code/inference.py": code},
            stack="pytorch",
            serving={"sagemaker-inference": "1.6.1"},
        ).status
        is Status.CLEAR
    )


def test_a_newer_toolkit_is_clear():
    code = "def model_fn(d, context):\n    return 1\n"
    assert (
        ask(
            "context-parameter-too-new",
            artifact={"code/inference.py": code},
            stack="pytorch",
            serving={"sagemaker-inference": "1.7.0"},
        ).status
        is Status.CLEAR
    )
