"""Tests of the check ping-not-answered."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import NEVER, served

ID = "ping-not-answered"


def outcome(**said):
    return ask(ID, serve=served(**{**NEVER, **said}))


def test_another_status_for_as_long_as_the_endpoint_waits():
    (finding,) = outcome(ping_status=404, waited=480.2).findings
    assert finding.message.startswith("/ping on port 8080 got status 404 for 480 s")


def test_no_answer():
    (finding,) = outcome(ping_error="ConnectionRefusedError: [Errno 111] Connection refused", waited=480.2).findings
    assert "Connection refused" in finding.message
    assert "0.0.0.0:8080" in finding.fix


def test_localhost_alone_is_proof_at_once():
    (finding,) = outcome(localhost_only=True, waited=12.0).findings
    assert "127.0.0.1 alone" in finding.message


def test_less_patience_than_the_endpoint_has_proves_nothing():
    assert outcome(ping_status=503, waited=20.0).status is Status.UNKNOWN


def test_a_server_that_waits_for_a_network_proves_nothing():
    assert outcome(waited=481.0, log="Max retries exceeded with url: /model").status is Status.UNKNOWN


def test_what_ended_is_another_check_s():
    assert outcome(exited={"status": 1, "out_of_memory": False, "seconds": 1.0}).status is Status.CLEAR
    assert ask(ID, serve=served()).status is Status.CLEAR
