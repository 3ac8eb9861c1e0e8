from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "import torch\nimport torchvision\n\n\ndef model_fn(model_dir):\n    return torch.jit.load(model_dir)\n"


def asked(text, handler=HANDLER, **packages):
    return ask(
        "requirements-leave-companions",
        artifact={"code/requirements.txt": text, "code/inference.py": handler, "model.pt": b""},
        stack="pytorch",
        serving={"torch": "2.5.1", "torchvision": "0.20.1", **packages},
        python="3.11",
    )


def test_the_fixture():
    first = examine("sick/requirements-leave-companions").findings[0]
    assert first.check.id == "requirements-leave-companions"
    assert first.finding.message == (
        "torch==2.6.0 replaces torch 2.5.1 by 2.6.0 and leaves torchvision 0.20.1, which is compiled for torch==2.5.1"
    )


def test_it_moves_along_or_nobody_imports_it():
    assert asked("torch==2.6.0").status is Status.FOUND
    assert asked("torch==2.6.0\ntorchvision==0.21.0").status is Status.CLEAR
    assert asked("torch==2.5.1").status is Status.CLEAR
    assert asked("torch==2.6.0", handler=HANDLER.replace("import torchvision\n", "")).status is Status.CLEAR
    assert asked("torch==2.6.0", torchvision="0.99.0").status is Status.UNKNOWN
