"""path-not-unpackable: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/path-not-unpackable").findings[0]
    assert first.check.id == "path-not-unpackable"
    assert "layer0-units0" in first.finding.message
    assert "255" in first.finding.message


def test_file_and_folder():
    first = examine("sick/path-not-unpackable--file-and-folder").findings[0]
    assert first.check.id == "path-not-unpackable"
    assert "metrics/loss.csv" in first.finding.message


def test_as_long_as_it_may_be():
    outcome = ask("path-not-unpackable", artifact={"a" * 255: b"x"})
    assert outcome.status is Status.CLEAR


def test_bytes_count_and_not_letters():
    name = chr(233) * 128
    assert "256 bytes" in ask("path-not-unpackable", artifact={name: b"x"}).findings[0].message
