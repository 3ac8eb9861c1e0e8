"""xgboost-wrapper-in-algorithm-mode: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("xgboost-wrapper-in-algorithm-mode")
    assert found.check.id == "xgboost-wrapper-in-algorithm-mode"
    assert "xgboost-model" in found.finding.message
    assert "XGBClassifier" in found.finding.message


def test_a_script():
    outcome = ask(
        "xgboost-wrapper-in-algorithm-mode",
        artifact={"m": b"x"},
        stack="xgboost",
        env={"SAGEMAKER_PROGRAM": "inference.py"},
    )
    assert outcome.status is Status.CLEAR
