"""triton-config-missing: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import LINE, PYTHON


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-config-missing")
    assert found.check.id == "triton-config-missing"
    assert "model.pt" in found.finding.message


def test_sick_repository_packed():
    found = first("triton-config-missing--repository-packed")
    assert found.check.id == "triton-config-missing"
    assert "model_repository/" in found.finding.message


def test_there():
    outcome = ask("triton-config-missing", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_onnx_needs_none():
    outcome = ask("triton-config-missing", artifact={"line/1/model.onnx": b"x"}, stack="triton")
    assert outcome.status is Status.CLEAR


def test_python_may_make_its_own():
    outcome = ask("triton-config-missing", artifact={"line/1/model.py": PYTHON}, stack="triton")
    assert outcome.status is Status.CLEAR
