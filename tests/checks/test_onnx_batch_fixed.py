from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_exported_from_one_example():
    first = examine("sick/onnx-batch-fixed").findings[0]
    assert first.check.id == "onnx-batch-fixed"
    assert first.finding.message == "model.onnx takes x as 1x4: a request with more than one example fails"


def test_a_free_first_dimension():
    assert ask("onnx-batch-fixed", artifact=files("healthy/onnx-with-handler")).status is Status.CLEAR
    assert ask("onnx-batch-fixed", artifact=files("healthy/onnx-own-functions")).status is Status.CLEAR
