from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import SCRIPT, file_of

JIT = "import os, torch\ndef model_fn(model_dir):\n    return torch.jit.load(os.path.join(model_dir, 'model.pt'))\n"


def test_the_fixture():
    first = examine("sick/trace-inputs-mismatch").findings[0]
    finding = first.finding
    assert first.check.id == "trace-inputs-mismatch"
    assert "2 inputs" in finding.message
    assert "model.pt" in finding.message
    assert "takes 1: x" in finding.message


def status(body, file=SCRIPT):
    script = JIT + f"def predict_fn(data, model):\n    {body}\n"
    artifact = {"model.pt": file_of(file, "model.pt"), "code/inference.py": script}
    return ask("trace-inputs-mismatch", artifact=artifact, stack="pytorch").status


TWO = "sick/trace-inputs-mismatch--too-few"


def test_as_many_as_it_takes_are_clear():
    assert status("return model(data)") is Status.CLEAR
    assert status("return model(data, data)", TWO) is Status.CLEAR
    assert status("return model(data, mask=data)", TWO) is Status.CLEAR
    assert status("return model(*data)", TWO) is Status.CLEAR


def test_more_or_fewer_are_found():
    assert status("return model(data, data)") is Status.FOUND
    assert status("return model(data)", TWO) is Status.FOUND
    assert status("return model.forward(data)", TWO) is Status.FOUND
    assert status("return model(input_ids=data)") is Status.FOUND
