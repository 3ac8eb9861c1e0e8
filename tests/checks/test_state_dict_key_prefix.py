from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import PREFIXED, STATE_DICT, file_of, handler


def test_the_fixture():
    first = examine("sick/state-dict-key-prefix").findings[0]
    finding = first.finding
    assert first.check.id == "state-dict-key-prefix"
    assert "model.pth" in finding.message
    assert "'module.'" in finding.message
    assert "Net" in finding.message


def status(body, file=PREFIXED):
    artifact = {"model.pth": file_of(file), "code/inference.py": handler(body + "\nreturn model")}
    return ask("state-dict-key-prefix", artifact=artifact).status


def test_the_reverse():
    finding = examine("sick/state-dict-key-prefix--wrapped-module").findings[0].finding
    assert "no key of model.pth begins with 'module.'" in finding.message


def test_loaded_as_it_is():
    assert status("model = Net()\nmodel.load_state_dict(torch.load(path))") is Status.FOUND
    assert status("model = Net().to('cpu')\nstate = torch.load(path)\nmodel.load_state_dict(state)") is Status.FOUND


def test_a_wrapped_module_is_clear():
    assert status("model = nn.DataParallel(Net())\nmodel.load_state_dict(torch.load(path))") is Status.CLEAR


def test_a_prefix_taken_off_is_clear():
    strip = "state = {k[7:]: v for k, v in torch.load(path).items()}"
    assert status(f"model = Net()\n{strip}\nmodel.load_state_dict(state)") is Status.CLEAR
    change = "state = torch.load(path)\nfor k in list(state):\n    state[k[7:]] = state.pop(k)"
    assert status(f"model = Net()\n{change}\nmodel.load_state_dict(state)") is Status.CLEAR
    helper = "state = torch.load(path)\nstrip(state)"
    assert status(f"model = Net()\n{helper}\nmodel.load_state_dict(state)") is Status.CLEAR


def test_not_strict_is_clear():
    assert status("model = Net()\nmodel.load_state_dict(torch.load(path), strict=False)") is Status.CLEAR


def test_plain_keys_are_clear():
    assert status("model = Net()\nmodel.load_state_dict(torch.load(path))", STATE_DICT) is Status.CLEAR
