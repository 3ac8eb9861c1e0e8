from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import SCRIPT, file_of, handler


def test_the_fixture():
    first = examine("sick/torchscript-opened-with-torch-load").findings[0]
    finding = first.finding
    assert first.check.id == "torchscript-opened-with-torch-load"
    assert "model.pt" in finding.message
    assert "2.13.0+cpu" in finding.message


def status(loading, torch="2.13.0", file=SCRIPT):
    artifact = {"model.pth": file_of(file, "model.pt"), "code/inference.py": handler(f"return {loading}")}
    return ask("torchscript-opened-with-torch-load", artifact=artifact, serving={"torch": torch}).status


def test_before_2_6_and_with_weights_only_false_it_works():
    assert status("torch.load(path)") is Status.FOUND
    assert status("torch.load(path)", "2.5.1") is Status.CLEAR
    assert status("torch.load(path, weights_only=False)") is Status.CLEAR
    assert status("torch.jit.load(path)") is Status.CLEAR


def test_a_state_dict_is_clear():
    assert status("torch.load(path)", file="sick/state-dict-opened-with-jit-load") is Status.CLEAR
