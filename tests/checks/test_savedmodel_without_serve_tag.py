"""savedmodel-without-serve-tag: the fixture first, other stacks clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_told_first():
    first = examine("sick/savedmodel-without-serve-tag").findings[0]
    assert first.check.id == "savedmodel-without-serve-tag"
    assert "scorer/1/ has {train}" in first.finding.message


def test_clear_elsewhere_and_with_the_tag():
    artifact = files("sick/savedmodel-without-serve-tag")
    assert ask("savedmodel-without-serve-tag", artifact=artifact, stack="pytorch").status is Status.CLEAR
    healthy = {f"net/{p}": data for p, data in files("healthy/savedmodel-at-1").items()}
    assert ask("savedmodel-without-serve-tag", artifact=healthy, stack="tensorflow-serving").status is Status.CLEAR
