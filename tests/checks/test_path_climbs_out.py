"""path-climbs-out: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/path-climbs-out").findings[0]
    assert first.check.id == "path-climbs-out"
    assert "'../model/vocabulary.txt'" in first.finding.message


def test_dots_in_a_name():
    outcome = ask("path-climbs-out", artifact={"code/..inference.py": "", "a..b/c": ""})
    assert outcome.status is Status.CLEAR
