"""Tests of the check ping-slow."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import NEVER, served

ID = "ping-slow"


def test_the_quickest_answer_is_too_slow():
    (finding,) = ask(ID, serve=served(ping_latency=2.51)).findings
    assert "took 2.5 s" in finding.message


def test_two_seconds_are_in_time():
    assert ask(ID, serve=served(ping_latency=2.0)).status is Status.CLEAR
    assert ask(ID, serve=served(**NEVER)).status is Status.CLEAR
