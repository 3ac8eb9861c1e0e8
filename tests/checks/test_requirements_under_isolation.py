from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "requirements-under-isolation"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "pip has to fetch emoji==2.14.0, the image has no emoji" in first.finding.message


def asked(requirements, **given):
    files = {"code/requirements.txt": requirements}
    serving = {"numpy": "1.26.4", "torch": "2.6.0"}
    return ask(CHECK, artifact=files, serving=serving, stack="pytorch", **{"network_isolation": True, **given}).status


def test_what_needs_no_network():
    assert asked("numpy>=1.20\ntorch==2.6.0\n") is Status.CLEAR
    assert asked("--no-index\n--find-links wheels\nemoji==2.14.0\n") is Status.CLEAR
    assert asked("emoji==2.14.0\n", network_isolation=False) is Status.CLEAR
    assert asked("numpy==1.25.0\n") is Status.FOUND
    assert asked("emoji\n") is Status.FOUND
