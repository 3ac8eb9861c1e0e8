"""mlflow-older-than-model: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

NEW = "flavors:\n  python_function:\n    env:\n      conda: conda.yaml\n    loader_module: m\nmlflow_version: 2.3.0\n"


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("mlflow-older-than-model")
    assert found.check.id == "mlflow-older-than-model"
    assert "2.0.1" in found.finding.message
    assert "1.29.0" in found.finding.message


def test_mlflow_2():
    outcome = ask("mlflow-older-than-model", artifact={"MLmodel": NEW}, stack="mlflow", serving={"mlflow": "2.0.1"})
    assert outcome.status is Status.CLEAR


def test_one_file():
    outcome = ask(
        "mlflow-older-than-model",
        artifact={"MLmodel": NEW.replace("\n      conda:", "")},
        stack="mlflow",
        serving={"mlflow": "1.29.0"},
    )
    assert outcome.status is Status.CLEAR


def test_nothing_made_at_start():
    outcome = ask(
        "mlflow-older-than-model",
        artifact={"MLmodel": NEW},
        stack="mlflow",
        serving={"mlflow": "1.29.0"},
        env={"MLFLOW_DISABLE_ENV_CREATION": "true"},
    )
    assert outcome.status is Status.CLEAR
