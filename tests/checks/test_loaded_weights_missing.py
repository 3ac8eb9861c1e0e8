"""Tests of the check loaded-weights-missing."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

KEYS = [{"by": "load_state_dict", "class": "Net", "missing": ["head.weight"], "unexpected": ["fc.weight"]}]


def asked(missing, *, matters, keys=KEYS):
    load = Step("load", Ended.FINISHED, value={"keys": keys, "missing": missing})
    trip = Step("round-trip", Ended.FINISHED, value={"missing": missing, "matters": matters})
    return ask("loaded-weights-missing", load=load, round_trip=trip)


def test_is_first_on_its_fixture():
    first = examine("sick/loaded-weights-missing").findings[0]
    assert first.check.id == "loaded-weights-missing"
    assert "head.bias, head.weight of Net" in first.finding.message
    assert "heads.bias" in first.finding.evidence[0].saw  # what the file has instead


def test_what_the_answers_depend_on_is_found():
    (finding,) = asked(["head.weight"], matters=True).findings
    assert "fc.weight" in finding.evidence[0].saw
    assert "strict=True" in finding.fix


def test_what_they_dont_depend_on_is_not():
    assert asked(["head.weight"], matters=False).status is Status.CLEAR


def test_what_cant_be_told_is_unknown():
    assert asked(["head.weight"], matters=None).status is Status.UNKNOWN


def test_a_pooler_matters_only_to_those_who_use_it():
    assert asked(["bert.pooler.dense.weight"], matters=True).status is Status.UNKNOWN


def test_nothing_missing_is_clear():
    assert asked([], matters=None, keys=[]).status is Status.CLEAR
