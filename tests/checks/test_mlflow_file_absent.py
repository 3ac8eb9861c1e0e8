"""mlflow-file-absent: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("mlflow-file-absent")
    assert found.check.id == "mlflow-file-absent"
    assert "model.pkl" in found.finding.message
    assert "model_path" in found.finding.message


def test_a_folder():
    outcome = ask(
        "mlflow-file-absent",
        artifact={
            "MLmodel": "flavors:\n  python_function:\n    data: model\n    loader_module: m\n",
            "model/weights": b"x",
        },
        stack="mlflow",
    )
    assert outcome.status is Status.CLEAR


def test_of_another_flavor():
    outcome = ask(
        "mlflow-file-absent",
        artifact={"MLmodel": "flavors:\n  python_function:\n    loader_module: m\n  onnx:\n    data: a.onnx\n"},
        stack="mlflow",
    )
    assert outcome.status is Status.CLEAR
