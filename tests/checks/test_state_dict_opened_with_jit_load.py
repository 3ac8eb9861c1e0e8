from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import LEGACY, SCRIPT, STATE_DICT, file_of, handler


def test_the_fixture():
    first = examine("sick/state-dict-opened-with-jit-load").findings[0]
    finding = first.finding
    assert first.check.id == "state-dict-opened-with-jit-load"
    assert "model.pt" in finding.message
    assert "state-dict" in finding.message


def status(loading, file=STATE_DICT, name="model.pth"):
    artifact = {"model.pth": file_of(file, name), "code/inference.py": handler(f"return {loading}")}
    return ask("state-dict-opened-with-jit-load", artifact=artifact).status


def test_by_loader_and_file():
    assert status("torch.jit.load(path)") is Status.FOUND
    assert status("torch.jit.load('model.pth')") is Status.FOUND
    assert status("torch.load(path)") is Status.CLEAR
    assert status("torch.jit.load(path)", SCRIPT, "model.pt") is Status.CLEAR
    assert status("torch.jit.load(path)", LEGACY) is Status.CLEAR  # another check's


def test_a_fallback_is_clear():
    body = "try:\n    return torch.jit.load(path)\nexcept RuntimeError:\n    return torch.load(path)"
    artifact = {"model.pth": file_of(STATE_DICT), "code/inference.py": handler(body)}
    assert ask("state-dict-opened-with-jit-load", artifact=artifact).status is Status.CLEAR
