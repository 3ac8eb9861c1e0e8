"""Tests of the check start-near-timeout."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import NEVER, served

ID = "start-near-timeout"


def test_more_than_half_of_the_time():
    (finding,) = ask(ID, serve=served(ping_seconds=40.2, startup_timeout=60.0)).findings
    assert "took 40 s" in finding.message
    assert "InSeconds=160 " in finding.fix


def test_less_is_clear():
    assert ask(ID, serve=served(ping_seconds=40.2)).status is Status.CLEAR
    assert ask(ID, serve=served(**NEVER)).status is Status.CLEAR
