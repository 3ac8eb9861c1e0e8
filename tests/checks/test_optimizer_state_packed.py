from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import STATE_DICT, file_of


def test_the_fixture():
    first = examine("sick/optimizer-state-packed").findings[0]
    finding = first.finding
    assert first.check.id == "optimizer-state-packed"
    assert "model.pth" in finding.message
    assert "bytes of optimizer state" in finding.message


def test_weights_alone_are_clear():
    assert ask("optimizer-state-packed", artifact={"model.pth": file_of(STATE_DICT)}).status is Status.CLEAR


def test_it_is_a_note():
    assert examine("sick/optimizer-state-packed").findings[0].check.severity.name == "NOTE"
