from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.exportedfiles import archive, flat, handler


def status(model, torch):
    artifact = {"model.pt2": model, "code/inference.py": handler("torch.export.load")}
    return ask("exported-program-of-another-torch", artifact=artifact, stack="pytorch", serving={"torch": torch}).status


def test_the_fixtures():
    first = examine("sick/exported-program-of-another-torch").findings[0]
    assert first.check.id == "exported-program-of-another-torch"
    assert "2.13.0" in first.finding.message and "torch 2.5.1" in first.finding.message
    first = examine("sick/exported-program-of-another-torch--schema").findings[0]
    assert first.check.id == "exported-program-of-another-torch"
    assert first.finding.log in first.check.symptoms or "['7', '3']" in first.finding.log


def test_one_major_reads_every_minor_of_it():
    assert status(archive(minor=20), "2.8.0") is Status.CLEAR
    assert status(archive(minor=8), "2.15.0") is Status.CLEAR
    assert status(flat("8.7"), "2.13.0") is Status.CLEAR
    assert status(flat("8.2"), "2.7.1") is Status.CLEAR


def test_others_are_not_read():
    assert status(archive(), "2.7.1") is Status.FOUND
    assert status(archive(9, 0), "2.13.0") is Status.FOUND
    assert status(flat("5.1"), "2.5.1") is Status.FOUND
    assert status(flat("8.2"), "2.5.1") is Status.FOUND


def test_a_torch_that_was_not_measured():
    assert status(archive(), "2.99.0") is Status.UNKNOWN
    assert status(archive(), "2.0.1") is Status.UNKNOWN


def test_before_there_was_torch_export():
    assert status(archive(), "1.13.1") is Status.FOUND
