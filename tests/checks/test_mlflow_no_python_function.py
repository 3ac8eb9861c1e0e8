"""mlflow-no-python-function: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("mlflow-no-python-function")
    assert found.check.id == "mlflow-no-python-function"
    assert "sklearn" in found.finding.message
    assert "python_function" in found.finding.message


def test_there():
    outcome = ask(
        "mlflow-no-python-function",
        artifact={"MLmodel": "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"},
        stack="mlflow",
    )
    assert outcome.status is Status.CLEAR


def test_another_flavor_is_served():
    outcome = ask(
        "mlflow-no-python-function",
        artifact={"MLmodel": "flavors:\n  mleap:\n    model_data: mleap\n"},
        stack="mlflow",
        env={"MLFLOW_DEPLOYMENT_FLAVOR_NAME": "mleap"},
    )
    assert outcome.status is Status.CLEAR
