from __future__ import annotations

import pytest

from doctor.model import Status
from measurements.stored import objects
from tests.deployments import ask, examine
from tests.fixture_files import files


def _status(name: str, writer: str, runtime: str, distribution: str = "onnxruntime") -> Status:
    model = {"model.onnx": objects("onnx")[f"{writer}/{name}"]}
    return ask("onnx-kernel-missing", artifact=model, serving={distribution: runtime}, python="3.11").status


def test_an_operator_that_is_accepted_and_not_there():
    first = examine("sick/onnx-kernel-missing").findings[0]
    assert first.check.id == "onnx-kernel-missing"
    assert first.finding.message == (
        "model.onnx uses DeformConv of operator set 19, which onnxruntime 1.18.1 can't run on a CPU"
    )
    assert "onnxruntime>=1.25.1" in first.finding.fix
    assert "Could not find an implementation for DeformConv(19)" in first.finding.log


def test_releases_around_it():
    model = files("sick/onnx-kernel-missing")
    found = {v: ask("onnx-kernel-missing", artifact=model, serving={"onnxruntime": v}).status for v in _RELEASES}
    assert found == _RELEASES


_RELEASES = {
    "1.14.1": Status.CLEAR,  # too new an operator set: another check's
    "1.15.0": Status.FOUND,
    "1.19.2": Status.FOUND,
    "1.25.1": Status.CLEAR,
    "1.30.0": Status.CLEAR,
    "1.40.0": Status.CLEAR,
}


def test_types_that_came_later():
    assert _status("op-Cast-int4.onnx", "1.18.1", "1.18.0") is Status.FOUND
    assert _status("op-Cast-int4.onnx", "1.18.1", "1.22.1") is Status.FOUND  # the type is there, its Cast isn't
    assert _status("op-Cast-int4.onnx", "1.18.1", "1.23.2") is Status.CLEAR
    assert _status("op-Cast-float8.onnx", "1.15.1", "1.15.1") is Status.FOUND
    assert _status("op-Cast-float8.onnx", "1.15.1", "1.16.3") is Status.CLEAR


def test_operators_of_its_own():
    assert _status("op-ms-QuickGelu.onnx", "1.10.0", "1.13.1") is Status.FOUND
    assert _status("op-ms-QuickGelu.onnx", "1.10.0", "1.14.1") is Status.CLEAR


def test_a_build_for_a_gpu_has_other_kernels():
    assert _status("op-RoiAlign22.onnx", "1.21.1", "1.23.2") is Status.FOUND
    assert _status("op-RoiAlign22.onnx", "1.21.1", "1.23.2", "onnxruntime-gpu") is Status.CLEAR


def test_a_type_that_an_operator_has_no_kernel_for():
    first = examine("sick/onnx-kernel-missing--float64").findings[0]
    assert first.check.id == "onnx-kernel-missing"
    assert first.finding.message == (
        "model.onnx uses Erf of operator set 13 on float64, which onnxruntime 1.18.1 can't run on a CPU"
    )
    assert "model.float()" in first.finding.fix
    assert first.finding.log.endswith("Could not find an implementation for Erf(13) node with name '/act/Erf'")


def test_a_type_that_ends_the_process():
    first = examine("sick/onnx-kernel-missing--float16-relu").findings[0]
    assert first.check.id == "onnx-kernel-missing"
    assert "Relu of operator set 14 on float16, which onnxruntime 1.14.1 can't run" in first.finding.message
    assert "onnxruntime>=1.15.1" in first.finding.fix
    assert first.finding.log.startswith("Segmentation fault")


def test_types_by_release():
    model = files("sick/onnx-kernel-missing--float16-relu")
    found = {v: ask("onnx-kernel-missing", artifact=model, serving={"onnxruntime": v}).status for v in _FLOAT16}
    assert found == _FLOAT16


_FLOAT16 = {"1.13.1": Status.CLEAR, "1.14.0": Status.FOUND, "1.15.1": Status.CLEAR, "1.31.1": Status.CLEAR}


def test_types_that_run():
    model = files("healthy/onnx-types-that-run")
    for version in ("1.12.1", "1.18.1", "1.31.1"):
        assert ask("onnx-kernel-missing", artifact=model, serving={"onnxruntime": version}).status is Status.CLEAR


@pytest.mark.parametrize(
    ("name", "writer", "runtime", "said"),
    [
        ("op-Add-bfloat16.onnx", "1.8.1", "1.31.1", "for Add(14) node with name ''"),
        ("op-Add-bfloat16.onnx", "1.8.1", "1.8.1", "for the node Add(14)"),
        ("op-Softmax-bfloat16.onnx", "1.8.1", "1.20.1", "for ReduceMax(13)"),
        ("op-Cast-int4.onnx", "1.18.1", "1.20.1", "for Cast(21) node with name ''"),
        ("op-Equal19-string.onnx", "1.15.1", "1.15.1", "for Equal(19)"),
        ("opset-19.onnx", "1.15.1", "1.15.1", "for Identity(19)"),
        ("op-on-double-LSTM.onnx", "1.8.1", "1.31.1", "LSTM operator does not support double yet"),
    ],
)
def test_what_the_log_says(name, writer, runtime, said):
    model = {"model.onnx": objects("onnx")[f"{writer}/{name}"]}
    outcome = ask("onnx-kernel-missing", artifact=model, serving={"onnxruntime": runtime}, python="3.11")
    assert outcome.findings[0].log.endswith(said)
