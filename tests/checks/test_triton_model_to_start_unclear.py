"""triton-model-to-start-unclear: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import LINE


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-model-to-start-unclear")
    assert found.check.id == "triton-model-to-start-unclear"
    assert "line/" in found.finding.message
    assert "other/" in found.finding.message


def test_sick_code_beside():
    found = first("triton-model-to-start-unclear--code-beside")
    assert found.check.id == "triton-model-to-start-unclear"
    assert "code/" in found.finding.message


def test_one_folder():
    outcome = ask("triton-model-to-start-unclear", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_named():
    outcome = ask(
        "triton-model-to-start-unclear",
        artifact=LINE | {"code/x.txt": ""},
        stack="triton",
        env={"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "line"},
    )
    assert outcome.status is Status.CLEAR


def test_named_wrongly():
    outcome = ask(
        "triton-model-to-start-unclear",
        artifact=LINE,
        stack="triton",
        env={"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "lin"},
    )
    assert outcome.status is Status.FOUND


def test_no_folder():
    outcome = ask("triton-model-to-start-unclear", artifact={"model.onnx": b"x"}, stack="triton")
    assert outcome.status is Status.FOUND
