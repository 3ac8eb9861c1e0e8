"""triton-config-contradicts-model: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

ONNX = (FIXTURES / "healthy/triton-onnx-dims-without-the-batch/model/line/1/model.onnx").read_bytes()


def of(name="features", dtype="TYPE_FP32", dims="[ 4 ]", batch=8):
    config = (
        f'platform: "onnxruntime_onnx" max_batch_size: {batch} '
        f'input [{{ name: "{name}" data_type: {dtype} dims: {dims} }}]'
    )
    artifact = {"line/config.pbtxt": config, "line/1/model.onnx": ONNX}
    return ask("triton-config-contradicts-model", artifact=artifact, stack="triton")


def test_sick():
    found = examine("sick/triton-config-contradicts-model").findings[0]
    assert found.check.id == "triton-config-contradicts-model"
    assert "features" in found.finding.message
    assert found.finding.fix == "dims: [ 4 ]"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "x"}, "features"),
        ({"dtype": "TYPE_FP64"}, "TYPE_FP64"),
        ({"dims": "[ 5 ]"}, "[5]"),
        ({"batch": 0}, "[4]"),
    ],
)
def test_each_contradiction(given, words):
    outcome = of(**given)
    assert outcome.status is Status.FOUND
    assert words in outcome.findings[0].message


@pytest.mark.parametrize("given", [{}, {"dims": "[ -1 ]"}, {"dims": "[ -1, 4 ]", "batch": 0}])
def test_agreement(given):
    assert of(**given).status is Status.CLEAR
