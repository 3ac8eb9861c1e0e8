from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import SCRIPT, file_of

JIT = "import os, torch\ndef model_fn(model_dir):\n    return torch.jit.load(os.path.join(model_dir, 'model.pt'))\n"


def test_the_fixture():
    first = examine("sick/torchscript-device-baked").findings[0]
    finding = first.finding
    assert first.check.id == "torchscript-device-baked"
    assert "model.pt" in finding.message
    assert "cuda:0" in finding.message
    assert "code/__torch__" in finding.message


def status(file, **parts):
    artifact = {"model.pt": file_of(file, "model.pt"), "code/inference.py": JIT}
    return ask("torchscript-device-baked", artifact=artifact, serving={"torch": "2.13.0"}, **parts).status


def test_a_gpu_instance_is_clear():
    assert status("sick/torchscript-device-baked", instance="ml.g5.xlarge") is Status.CLEAR


def test_nothing_tells_of_a_gpu():
    assert status("sick/torchscript-device-baked") is Status.UNKNOWN


def test_code_without_a_device_is_clear():
    assert status(SCRIPT, instance="ml.m5.xlarge") is Status.CLEAR
