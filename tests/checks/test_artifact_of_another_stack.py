"""artifact-of-another-stack: the fixtures first, near misses clear."""

from __future__ import annotations

import pickle

from doctor.model import Status
from tests.deployments import ask, examine

PICKLE = pickle.dumps([1, 2, 3])


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("artifact-of-another-stack")
    assert found.check.id == "artifact-of-another-stack"
    assert "model.mar" in found.finding.message
    assert "pytorch" in found.finding.message


def test_sick_pickle():
    found = first("artifact-of-another-stack--pickle")
    assert found.check.id == "artifact-of-another-stack"
    assert "model.pkl" in found.finding.message
    assert "tensorflow-serving" in found.finding.message


def test_a_script_may_load_it():
    outcome = ask(
        "artifact-of-another-stack", artifact={"model.pkl": PICKLE, "code/inference.py": "x = 1"}, stack="pytorch"
    )
    assert outcome.status is Status.CLEAR


def test_its_own():
    outcome = ask("artifact-of-another-stack", artifact={"model.pkl": PICKLE}, stack="xgboost")
    assert outcome.status is Status.CLEAR


def test_a_script_from_elsewhere():
    outcome = ask(
        "artifact-of-another-stack",
        artifact={"model.pkl": PICKLE},
        stack="pytorch",
        env={"SAGEMAKER_PROGRAM": "inference.py"},
    )
    assert outcome.status is Status.CLEAR


def test_a_stack_without_rules():
    outcome = ask("artifact-of-another-stack", artifact={"model.pkl": PICKLE}, stack="byoc")
    assert outcome.status is Status.CLEAR
