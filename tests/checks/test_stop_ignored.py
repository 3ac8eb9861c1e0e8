"""Tests of the check stop-ignored."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import served

ID = "stop-ignored"


def test_it_had_to_be_killed():
    (finding,) = ask(ID, serve=served(stopped={"status": 137, "seconds": 30.1, "patience": 30})).findings
    assert "still ran 30 s after SIGTERM" in finding.message


@pytest.mark.parametrize("stopped", [{"status": 143, "seconds": 1, "patience": 30}, None])
def test_one_that_ends_is_clear(stopped):
    assert ask(ID, serve=served(stopped=stopped)).status is Status.CLEAR


def test_one_killed_for_memory_meanwhile_is_clear():
    assert ask(ID, serve=served(stopped={"status": 137, "seconds": 2, "patience": 30})).status is Status.CLEAR
