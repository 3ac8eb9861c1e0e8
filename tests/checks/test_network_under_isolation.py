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


def test_what_needs_no_network():
    for line in ("import boto3\nS3 = boto3.client('s3')\n", "import nltk\nnltk.download('punkt')\n"):
        assert ask(CHECK, artifact={"code/inference.py": line}, network_isolation=True).status is Status.CLEAR, line
    hub = "from transformers import AutoModel\n\ndef model_fn(d):\n    return AutoModel.from_pretrained('org/x')\n"
    given = {"artifact": {"code/inference.py": hub}, "network_isolation": True}
    assert ask(CHECK, **given).status is Status.FOUND
    assert ask(CHECK, **given, env={"HF_HOME": "/opt/cache"}).status is Status.CLEAR
