"""triton-python-model-incomplete: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import LINE


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-python-model-incomplete")
    assert found.check.id == "triton-python-model-incomplete"
    assert "Model" in found.finding.message
    assert "TritonPythonModel" in found.finding.message


def test_sick_no_execute():
    found = first("triton-python-model-incomplete--no-execute")
    assert found.check.id == "triton-python-model-incomplete"
    assert "predict" in found.finding.message
    assert "execute" in found.finding.message


def test_complete():
    outcome = ask("triton-python-model-incomplete", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_imported():
    outcome = ask(
        "triton-python-model-incomplete",
        artifact=LINE | {"line/1/model.py": "from mine import TritonPythonModel\n"},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR


def test_inherited():
    outcome = ask(
        "triton-python-model-incomplete",
        artifact=LINE | {"line/1/model.py": "class TritonPythonModel(Base):\n    pass\n"},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR


def test_assigned():
    outcome = ask(
        "triton-python-model-incomplete",
        artifact=LINE | {"line/1/model.py": "class A:\n    pass\n\n\nTritonPythonModel = A\n"},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR
