from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.exportedfiles import archive, handler


def status(model, instance, loader="torch.export.load"):
    artifact = {"model.pt2": model, "code/inference.py": handler(loader)}
    given = {"artifact": artifact, "stack": "pytorch", "instance": instance, "serving": {"torch": "2.13.0"}}
    return ask("exported-program-on-gpu", **given).status


def test_the_fixture():
    first = examine("sick/exported-program-on-gpu").findings[0]
    assert first.check.id == "exported-program-on-gpu"
    assert "model.pt2" in first.finding.message and "cuda" in first.finding.message


def test_a_gpu_or_a_program_of_the_cpu_is_clear():
    assert status(archive(device="cuda"), "ml.g5.xlarge") is Status.CLEAR
    assert status(archive(), "ml.m5.xlarge") is Status.CLEAR
    assert status(archive(device="cuda"), "ml.m5.xlarge", "print") is Status.CLEAR
    assert status(archive(device="cuda"), "") is Status.UNKNOWN
