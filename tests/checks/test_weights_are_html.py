"""weights-are-html: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/weights-are-html").findings[0]
    assert first.check.id == "weights-are-html"
    assert "model.pth" in first.finding.message
    assert "<!DOCTYPE html>" in first.finding.evidence[0].saw


def test_a_report_of_training():
    outcome = ask("weights-are-html", artifact={"report.html": "<html></html>", "model.pt": b"x"})
    assert outcome.status is Status.CLEAR


def test_a_good_file_takes_its_place():
    outcome = ask("weights-are-html", artifact={"model.h5": "<html></html>", "model.safetensors": b"good"})
    assert outcome.status is Status.CLEAR
