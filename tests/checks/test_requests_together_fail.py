"""Tests of the check requests-together-fail."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import answer, served

ID = "requests-together-fail"
BAD = answer(500, head="RuntimeError: the session is in use")


def test_one_of_two_fails():
    (finding,) = ask(ID, serve=served(together=[answer(), BAD])).findings
    assert "of two requests at once 1 got status 500" in finding.message
    assert finding.log == "RuntimeError: the session is in use"


def test_what_fails_alone_is_another_check_s():
    assert ask(ID, serve=served(answers=[BAD], together=[BAD, BAD])).status is Status.CLEAR


def test_both_answered_is_clear():
    assert ask(ID, serve=served()).status is Status.CLEAR
