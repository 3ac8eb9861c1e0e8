"""Tests of the check request-fails."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine


def case(name="sample", outcome="failed", **more):
    failure = {"phase": "predict", "type": "KeyError", "message": "'rows'", "line": "KeyError: 'rows'", "where": ""}
    return {"name": name, "outcome": outcome, "failure": failure, "proof": True, "status": 500, **more}


def step(*cases, source="sample", **value):
    told = {"request": {"source": source}, "cases": list(cases), "functions": {"predict_fn": "own"}, **value}
    return Step("invoke", Ended.FINISHED, told)


def test_is_first_on_its_fixture():
    first = examine("sick/request-fails").findings[0]
    assert first.check.id == "request-fails"
    assert "code/inference.py:15: KeyError: 'rows'" in first.finding.message


def test_an_answer_that_the_server_cannot_write():
    first = examine("sick/request-fails--numpy-answer").findings[0]
    assert first.check.id == "request-fails"
    assert "Object of type ndarray is not JSON serializable" in first.finding.message


def test_made_up_values_prove_nothing():
    outcome = ask("request-fails", invoke=step(case("made", proof=False), source="made"), stack="pytorch")
    assert outcome.status is Status.UNKNOWN
    assert "--sample" in outcome.reasons[0]


def test_a_gpu_that_the_sandbox_lacks_proves_nothing():
    failure = {
        "phase": "predict",
        "type": "RuntimeError",
        "line": "RuntimeError: Found no NVIDIA driver on your system.",
    }
    assert ask("request-fails", invoke=step(case(failure=failure))).status is Status.UNKNOWN
    sure = ask("request-fails", invoke=step(case(failure=failure)), instance="ml.m5.large")
    assert sure.status is Status.FOUND


def test_another_accept_type_is_not_its_question():
    good = case("sample", "answered", failure=None)
    assert ask("request-fails", invoke=step(good, case("accept text/csv"))).status is Status.CLEAR


def test_whatever_the_probe_was_made_to_say():
    for cases in (None, 7, [None, {"outcome": "failed"}], [case(failure=[1])]):
        ask("request-fails", invoke=Step("invoke", Ended.FINISHED, {"cases": cases, "request": 3, "functions": 4}))
