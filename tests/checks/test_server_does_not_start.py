"""Tests of the check server-does-not-start."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import NEVER, served

ID = "server-does-not-start"
LINE = "ModuleNotFoundError: No module named 'torch'"
EXITED = {"status": 1, "out_of_memory": False, "seconds": 0.8}


def outcome(**said):
    return ask(ID, serve=served(**said))


def test_it_ends_with_an_error():
    (finding,) = outcome(**NEVER, exited=EXITED, errors=[LINE]).findings
    assert finding.message == f"the server ends with status 1 before it answers /ping: {LINE}"
    assert finding.evidence[0].where == "trial:serve"
    assert finding.log == LINE


def test_the_engine_refuses_it():
    (finding,) = outcome(**NEVER, started=False, refused="exec: no such file or directory").findings
    assert "the engine can't start the container: exec: no such file" in finding.message


def test_a_missing_network_proves_nothing():
    said = "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>"
    assert outcome(**NEVER, exited=EXITED, errors=[said]).status is Status.UNKNOWN


def test_memory_that_only_this_machine_lacks_proves_nothing():
    killed = {"status": 137, "out_of_memory": True, "seconds": 3.0}
    assert outcome(**NEVER, exited=killed, capped="this machine gives it 4 GiB").status is Status.UNKNOWN
    assert "killed for memory" in outcome(**NEVER, exited=killed).findings[0].message


def test_a_server_that_runs_is_clear():
    assert outcome().status is Status.CLEAR
    assert outcome(exited=EXITED).status is Status.CLEAR
