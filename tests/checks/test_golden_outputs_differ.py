"""Tests of the check golden-outputs-differ."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/golden-outputs-differ").findings[0]
    assert first.check.id == "golden-outputs-differ"
    assert "scores for sample 0 of doctor.json is 0.237016 at element 0, and was 0.000560473" in first.finding.message


def test_the_same_numbers_are_clear():
    outcomes = {o.check.id: o for o in examine("healthy/golden-outputs-agree").outcomes}
    assert outcomes["golden-outputs-differ"].status is Status.CLEAR


def test_other_shapes():
    difference = {"name": "y", "index": -1, "expected": [1, 2], "found": [1, 3], "dtype": "float32", "off": 0}
    samples = [{"kind": "request", "failure": None, "differences": [difference], "outputs": 1}]
    step = Step("golden", Ended.FINISHED, {"file": "doctor.json", "samples": samples})
    (finding,) = ask("golden-outputs-differ", golden=step).findings
    assert "[1, 3], and was [1, 2]" in finding.message


def test_a_sample_that_fails_is_unknown():
    samples = [{"failure": {"line": "KeyError: 'rows'"}, "differences": []}]
    step = Step("golden", Ended.FINISHED, {"samples": samples})
    assert ask("golden-outputs-differ", golden=step).status is Status.UNKNOWN
