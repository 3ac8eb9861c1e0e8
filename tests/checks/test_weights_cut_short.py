"""weights-cut-short: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/weights-cut-short").findings[0]
    assert first.check.id == "weights-cut-short"
    assert "net.pt" in first.finding.message
    assert "cut short" in first.finding.message


def test_whole():
    outcome = ask("weights-cut-short", artifact={"model.npy": b"no model"})
    assert outcome.status is Status.CLEAR


def test_gguf():
    first = examine("sick/weights-cut-short--gguf").findings[0]
    assert first.check.id == "weights-cut-short"
    assert "tiny-q8_0.gguf" in first.finding.message
    assert first.finding.log.startswith("ValueError: cannot reshape array of size")
