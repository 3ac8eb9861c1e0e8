from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.exportedfiles import archive, flat, handler, package


def outcome(model, loader):
    artifact = {"model.pt2": model, "code/inference.py": handler(loader)}
    return ask("exported-file-wrong-loader", artifact=artifact, stack="pytorch")


def test_the_fixtures():
    first = examine("sick/exported-file-wrong-loader").findings[0]
    assert first.check.id == "exported-file-wrong-loader"
    assert "torch.load can't open" in first.finding.message
    first = examine("sick/exported-file-wrong-loader--state-dict").findings[0]
    assert first.check.id == "exported-file-wrong-loader"
    assert "torch.load(path)" in first.finding.fix


def test_each_with_its_own_is_clear():
    assert outcome(archive(), "torch.export.load").status is Status.CLEAR
    assert outcome(flat(), "torch.export.load").status is Status.CLEAR
    assert outcome(package(), "torch._inductor.aoti_load_package").status is Status.CLEAR
    assert outcome(package(), "torch._inductor.package.load_package").status is Status.CLEAR


def test_with_the_others_loaders():
    assert "data.pkl" in outcome(archive(), "torch.load").findings[0].log
    assert "constants.pkl" in outcome(package(), "torch.jit.load").findings[0].log
    assert "subdirectory" in outcome(flat(), "torch.jit.load").findings[0].log
    assert "generated cpp" in outcome(archive(), "torch._inductor.aoti_load_package").findings[0].log
    assert "aoti_load_package" in outcome(package(), "torch.export.load").findings[0].fix
