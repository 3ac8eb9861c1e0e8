from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "network-under-isolation"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "network isolation is on" in first.finding.message


def test_a_failure_that_is_caught_and_an_endpoint_with_a_network():
    fetch = "import urllib.request\n\ndef model_fn(d):\n    return urllib.request.urlopen('http://x')\n"
    caught = (
        fetch.replace("    return", "    try:\n        return").rstrip() + "\n    except Exception:\n        return 1\n"
    )
    assert ask(CHECK, artifact={"code/inference.py": fetch}, network_isolation=True).status is Status.FOUND
    assert ask(CHECK, artifact={"code/inference.py": caught}, network_isolation=True).status is Status.CLEAR
    assert ask(CHECK, artifact={"code/inference.py": fetch}, network_isolation=False).status is Status.CLEAR
    assert ask(CHECK, artifact={"code/inference.py": fetch}).status is Status.UNKNOWN
