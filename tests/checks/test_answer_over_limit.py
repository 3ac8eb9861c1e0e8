"""Tests of the check answer-over-limit."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import answer, served

ID = "answer-over-limit"


def test_an_answer_over_the_limit():
    (finding,) = ask(ID, serve=served(answers=[answer(bytes=27_000_000)])).findings
    assert "27,000,000 bytes; the endpoint hands on 26,214,400" in finding.message


def test_the_limit_itself_is_clear():
    assert ask(ID, serve=served(answers=[answer(bytes=26_214_400)])).status is Status.CLEAR
    assert ask(ID, serve=served(answers=[answer(500, bytes=27_000_000)])).status is Status.CLEAR
