from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_ir_of_the_newest_onnx():
    first = examine("sick/onnx-ir-too-new").findings[0]
    assert first.check.id == "onnx-ir-too-new"
    assert first.finding.message == "model.onnx has IR version 14, and onnxruntime 1.31.1 reads up to 13"
    assert "m.ir_version = 13" in first.finding.fix
    assert "Unsupported model IR version: 14, max supported IR version: 13" in first.finding.log


def test_what_the_runtime_reads_is_clear():
    model = files("healthy/onnx-with-handler")  # IR 10
    assert ask("onnx-ir-too-new", artifact=model, serving={"onnxruntime": "1.18.0"}).status is Status.CLEAR
    assert ask("onnx-ir-too-new", artifact=model, serving={"onnxruntime-gpu": "1.31.1"}).status is Status.CLEAR
    assert ask("onnx-ir-too-new", artifact=model, serving={"onnxruntime": "1.40.0"}).status is Status.CLEAR
    assert ask("onnx-ir-too-new", artifact=model, serving={"numpy": "1.26.4"}).status is Status.CLEAR


def test_older_runtimes():
    model = files("healthy/onnx-with-handler")
    found = ask("onnx-ir-too-new", artifact=model, serving={"onnxruntime": "1.17.0"}).findings[0]
    assert "reads up to 9" in found.message
    assert ask("onnx-ir-too-new", artifact=model, serving={"onnxruntime": "1.12.0"}).status is Status.FOUND


def test_beyond_what_is_measured_is_unknown():
    model = files("sick/onnx-ir-too-new")
    assert ask("onnx-ir-too-new", artifact=model, serving={"onnxruntime": "1.40.0"}).status is Status.UNKNOWN


def test_a_model_that_is_not_opened():
    model = files("sick/onnx-ir-too-new")
    other = {"older/model.onnx": model["model.onnx"], **files("healthy/onnx-with-handler")}
    assert ask("onnx-ir-too-new", artifact=other, serving={"onnxruntime": "1.31.1"}).status is Status.CLEAR
