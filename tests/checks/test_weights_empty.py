"""weights-empty: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/weights-empty").findings[0]
    assert first.check.id == "weights-empty"
    assert "model.pkl" in first.finding.message
    assert "0 bytes" in first.finding.message


def test_an_empty_marker():
    outcome = ask("weights-empty", artifact={"_SUCCESS": b"", "model.pkl": b"x"})
    assert outcome.status is Status.CLEAR


def test_an_unread_copy():
    outcome = ask("weights-empty", artifact={"big.bin": b"", "model.onnx": b"x"})
    assert outcome.status is Status.CLEAR
