"""djl-entry-point-absent: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("djl-entry-point-absent")
    assert found.check.id == "djl-entry-point-absent"
    assert "handler.py" in found.finding.message
    assert "model.py" in found.finding.message


def test_there():
    outcome = ask(
        "djl-entry-point-absent", artifact={"serving.properties": "option.entryPoint=a.py\n", "a.py": ""}, stack="djl"
    )
    assert outcome.status is Status.CLEAR


def test_of_the_image():
    outcome = ask(
        "djl-entry-point-absent",
        artifact={"serving.properties": "option.entryPoint=djl_python.huggingface\n"},
        stack="djl",
    )
    assert outcome.status is Status.CLEAR
