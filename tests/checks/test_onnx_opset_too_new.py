from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_the_newest_operator_set():
    first = examine("sick/onnx-opset-too-new").findings[0]
    assert first.check.id == "onnx-opset-too-new"
    assert first.finding.message == "model.onnx uses ai.onnx operator set 28, and onnxruntime 1.31.1 has up to 26"
    assert "is till opset 26" in first.finding.log


def test_bounds():
    model = files("healthy/onnx-own-functions")  # ai.onnx 20
    assert ask("onnx-opset-too-new", artifact=model, serving={"onnxruntime": "1.17.3"}).status is Status.CLEAR
    assert ask("onnx-opset-too-new", artifact=model, serving={"onnxruntime": "1.16.0"}).status is Status.FOUND
    assert ask("onnx-opset-too-new", artifact=model, serving={"onnxruntime": "1.10.0"}).status is Status.FOUND


def test_the_variable_that_lets_it_pass():
    model = files("sick/onnx-opset-too-new")
    env = {"ALLOW_RELEASED_ONNX_OPSET_ONLY": "0"}
    outcome = ask("onnx-opset-too-new", artifact=model, serving={"onnxruntime": "1.31.1"}, env=env)
    assert outcome.status is Status.UNKNOWN
