"""mlmodel-missing: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("mlmodel-missing")
    assert found.check.id == "mlmodel-missing"
    assert "model/" in found.finding.message


def test_sick_bare_pickle():
    found = first("mlmodel-missing--bare-pickle")
    assert found.check.id == "mlmodel-missing"
    assert "model.pkl" in found.finding.message


def test_there():
    outcome = ask("mlmodel-missing", artifact={"MLmodel": "flavors: {}\n"}, stack="mlflow")
    assert outcome.status is Status.CLEAR


def test_another_stack():
    outcome = ask("mlmodel-missing", artifact={"model.pkl": b"x"}, stack="sklearn")
    assert outcome.status is Status.CLEAR
