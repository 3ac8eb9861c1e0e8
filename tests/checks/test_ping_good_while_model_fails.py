"""Tests of the check ping-good-while-model-fails."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import REQUEST, answer, served

ID = "ping-good-while-model-fails"
PING = {"status": 200, "latency": 0.01}


def outcome(**said):
    return ask(ID, serve=served(**said))


def test_ping_is_good_after_a_failure():
    (finding,) = outcome(answers=[answer(500)], ping_while_failing=PING).findings
    assert "/ping got 200 right after the sample got status 500" in finding.message


def test_a_ping_that_fails_as_well_is_clear():
    assert outcome(answers=[answer(500)], ping_while_failing={"status": 503, "latency": 0.1}).status is Status.CLEAR


def test_a_refused_request_is_no_sick_model():
    assert outcome(answers=[answer(415)], ping_while_failing=PING).status is Status.CLEAR


def test_a_made_up_request_says_nothing():
    made = {**REQUEST, "source": "made"}
    assert outcome(answers=[answer(500)], ping_while_failing=PING, request=made).status is Status.CLEAR
