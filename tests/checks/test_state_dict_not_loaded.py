from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import CHECKPOINT, STATE_DICT, file_of, handler


def test_the_fixture():
    first = examine("sick/state-dict-not-loaded").findings[0]
    finding = first.finding
    assert first.check.id == "state-dict-not-loaded"
    assert "model.pth" in finding.message
    assert "state-dict" in finding.message
    assert "model.eval()" in finding.message


def status(body, file=STATE_DICT):
    artifact = {"model.pth": file_of(file), "code/inference.py": handler(body)}
    return ask("state-dict-not-loaded", artifact=artifact).status


def test_used_as_a_model():
    assert status("model = torch.load(path)\nmodel.eval()\nreturn model") is Status.FOUND
    assert status("return torch.load(path, map_location='cpu').to('cpu')") is Status.FOUND
    assert status("model = torch.load(path)\nmodel.eval()\nreturn model", CHECKPOINT) is Status.FOUND


def test_used_as_a_dict_is_clear():
    assert status("state = torch.load(path)\nmodel = Net()\nmodel.load_state_dict(state)\nreturn model") is Status.CLEAR
    assert status("model = torch.load(path)\nnet = Net()\nmodel = net\nmodel.eval()\nreturn model") is Status.CLEAR


def test_a_handler_that_asks_what_it_has_is_clear():
    body = "model = torch.load(path)\nif isinstance(model, dict):\n    return Net()\nmodel.eval()\nreturn model"
    assert status(body) is Status.CLEAR


def test_a_whole_module_is_clear():
    assert status("return torch.load(path).eval()", "healthy/torch-whole-module-vendored") is Status.CLEAR
