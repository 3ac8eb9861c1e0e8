from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import SCRIPT, file_of


def test_the_fixture():
    first = examine("sick/torchscript-file-too-new").findings[0]
    finding = first.finding
    assert first.check.id == "torchscript-file-too-new"
    assert "model.pt" in finding.message
    assert "version 9" in finding.message
    assert "1.10.2" in finding.message
    assert "up to 6" in finding.message


def status(torch, file="sick/torchscript-file-too-new"):
    artifact = {"model.pt": file_of(file, "model.pt")}
    return ask("torchscript-file-too-new", artifact=artifact, serving={"torch": torch}).status


def test_versions():
    assert status("1.10.2+cpu") is Status.FOUND  # reads up to 6, the file is in 9
    assert status("1.11.0") is Status.CLEAR
    assert status("2.13.0+cpu") is Status.CLEAR
    assert status("1.6.0", SCRIPT) is Status.CLEAR  # written by 2.13, in version 3


def test_a_torch_of_which_nothing_is_known_is_clear_below_the_highest_version():
    assert status("9.0.0") is Status.CLEAR
