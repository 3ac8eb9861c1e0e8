from __future__ import annotations

import pytest

from doctor.model import Status
from measurements.stored import objects
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_an_operator_that_nothing_registers():
    first = examine("sick/onnx-custom-operator").findings[0]
    assert first.check.id == "onnx-custom-operator"
    assert "the operator my_grid_sampler of mmdeploy, which onnxruntime 1.31.1 doesn't have" in first.finding.message
    assert "mmdeploy:my_grid_sampler(-1) is not a registered function/op" in first.finding.log


@pytest.mark.parametrize(("runtime", "where"), [("1.31.1", 'In Node, ("", MyG'), ("1.9.0", "Error in Node: : No Op")])
def test_an_operator_that_a_known_domain_does_not_have(runtime, where):
    model = {"model.onnx": objects("onnx")["1.10.0/op-custom-default-domain.onnx"]}
    log = ask("onnx-custom-operator", artifact=model, serving={"onnxruntime": runtime}).findings[0].log
    assert "10 : INVALID_GRAPH : Load model from" in log
    assert where in log
    assert log.endswith("No Op registered for MyGridSampler with domain_version of 15")


def test_a_registered_library():
    model = files("sick/onnx-custom-operator")
    script = (
        model["code/inference.py"]
        .decode()
        .replace(
            "    return onnx",
            "    options = onnxruntime.SessionOptions()\n    options.register_custom_ops_library('x')\n    return onnx",
        )
    )
    model["code/inference.py"] = script.encode()
    assert ask("onnx-custom-operator", artifact=model, serving={"onnxruntime": "1.31.1"}).status is Status.CLEAR


def test_functions_of_the_model_are_its_own():
    model = files("healthy/onnx-own-functions")
    assert ask("onnx-custom-operator", artifact=model, serving={"onnxruntime": "1.31.1"}).status is Status.CLEAR
