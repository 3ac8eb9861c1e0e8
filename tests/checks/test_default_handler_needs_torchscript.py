from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import LEGACY, SCRIPT, STATE_DICT, file_of, handler


def test_the_fixture():
    first = examine("sick/default-handler-needs-torchscript").findings[0]
    finding = first.finding
    assert first.check.id == "default-handler-needs-torchscript"
    assert "model.pth" in finding.message
    assert "state-dict" in finding.message


def status(artifact, stack="pytorch", **parts):
    return ask("default-handler-needs-torchscript", artifact=artifact, stack=stack, **parts).status


def test_by_file_and_stack():
    assert status({"model.pth": file_of(STATE_DICT)}) is Status.FOUND
    assert status({"model.pth": file_of(LEGACY)}) is Status.FOUND
    assert status({"model.pt": file_of(SCRIPT, "model.pt")}) is Status.CLEAR
    assert status({"model.pth": file_of(STATE_DICT)}, "torchserve") is Status.CLEAR
    assert status({"model.pth": file_of(STATE_DICT)}, env={"SAGEMAKER_PROGRAM": "serve.py"}) is Status.CLEAR


def test_a_model_fn_is_clear_and_other_hooks_do_not_help():
    weights = {"model.pth": file_of(STATE_DICT)}
    assert status({**weights, "code/inference.py": handler("return Net()")}) is Status.CLEAR
    assert (
        status({**weights, "code/inference.py": "def predict_fn(data, model):\n    return model(data)\n"})
        is Status.FOUND
    )
