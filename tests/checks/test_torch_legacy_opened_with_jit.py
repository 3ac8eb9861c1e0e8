from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import LEGACY, STATE_DICT, file_of, handler


def test_the_fixture():
    first = examine("sick/torch-legacy-opened-with-jit").findings[0]
    finding = first.finding
    assert first.check.id == "torch-legacy-opened-with-jit"
    assert "model.pt" in finding.message
    assert "before zip" in finding.message


def test_by_loader_and_file():
    for loading, file, status in (
        ("torch.jit.load(path)", LEGACY, Status.FOUND),
        ("torch.load(path)", LEGACY, Status.CLEAR),
        ("torch.jit.load(path)", STATE_DICT, Status.CLEAR),
    ):
        artifact = {"model.pth": file_of(file), "code/inference.py": handler(f"return {loading}")}
        assert ask("torch-legacy-opened-with-jit", artifact=artifact).status is status
