"""mlflow-loader-absent: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

LOADER = "flavors:\n  python_function:\n    loader_module: mlflow.xgboost\n"


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("mlflow-loader-absent")
    assert found.check.id == "mlflow-loader-absent"
    assert "mlflow.xgboost" in found.finding.message
    assert "xgboost" in found.finding.message


def test_installed():
    outcome = ask(
        "mlflow-loader-absent",
        artifact={"MLmodel": LOADER},
        stack="mlflow",
        serving={"xgboost": "2.0.3"},
        finds=lambda m: True,
    )
    assert outcome.status is Status.CLEAR


def test_named_by_the_requirements():
    outcome = ask(
        "mlflow-loader-absent",
        artifact={"MLmodel": LOADER, "requirements.txt": "xgboost==2.0.3\n"},
        stack="mlflow",
        serving={"mlflow": "2.9.2"},
        finds=lambda m: False,
    )
    assert outcome.status is Status.CLEAR


def test_own_code():
    outcome = ask(
        "mlflow-loader-absent",
        artifact={"MLmodel": LOADER.replace("mlflow.xgboost", "mine.loader"), "code/mine/loader.py": ""},
        stack="mlflow",
        serving={"mlflow": "2.9.2"},
        finds=lambda m: False,
    )
    assert outcome.status is Status.CLEAR
