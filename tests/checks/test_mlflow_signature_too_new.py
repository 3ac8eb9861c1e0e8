"""mlflow-signature-too-new: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

MODEL = """flavors:
  python_function:
    loader_module: m
mlflow_version: 2.12.0
signature:
  inputs: '[{"type": "double", "name": "a", "KEY": true}]'
"""


def of(version, key="required"):
    artifact = {"MLmodel": MODEL.replace("KEY", key)}
    return ask("mlflow-signature-too-new", artifact=artifact, stack="mlflow", serving={"mlflow": version})


def test_sick():
    found = examine("sick/mlflow-signature-too-new").findings[0]
    assert found.check.id == "mlflow-signature-too-new"
    assert "3.17.2" in found.finding.message
    assert "2.9.2" in found.finding.message


@pytest.mark.parametrize(
    ("version", "key", "status"),
    [
        ("2.9.2", "required", Status.FOUND),
        ("2.3.0", "optional", Status.FOUND),
        ("2.10.2", "required", Status.CLEAR),
        ("2.6.0", "optional", Status.CLEAR),
        ("2.0.1", "note", Status.CLEAR),
        ("2.10.0", "required", Status.UNKNOWN),
    ],
)
def test_by_what_was_measured(version, key, status):
    assert of(version, key).status is status
