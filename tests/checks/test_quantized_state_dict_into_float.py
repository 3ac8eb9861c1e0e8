from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import QUANTIZED, STATE_DICT, file_of, handler


def test_the_fixture():
    first = examine("sick/quantized-state-dict-into-float").findings[0]
    finding = first.finding
    assert first.check.id == "quantized-state-dict-into-float"
    assert "model.pth" in finding.message
    assert "Net" in finding.message


def status(made, file=QUANTIZED):
    body = f"model = {made}\nmodel.load_state_dict(torch.load(path))\nreturn model"
    artifact = {"model.pth": file_of(file), "code/inference.py": handler(body)}
    return ask("quantized-state-dict-into-float", artifact=artifact).status


def test_quantized_first_is_clear():
    assert status("Net()") is Status.FOUND
    assert status("torch.quantization.quantize_dynamic(Net(), {nn.Linear}, dtype=torch.qint8)") is Status.CLEAR
    assert status("prepared(Net())") is Status.CLEAR


def test_float_weights_are_clear():
    assert status("Net()", STATE_DICT) is Status.CLEAR
