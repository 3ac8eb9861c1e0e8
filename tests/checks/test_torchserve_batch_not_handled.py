from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "torchserve-batch-not-handled"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "expect: 3, got: 1" in first.finding.log


def told(version, size="4", stack="pytorch"):
    serving = {"sagemaker-inference": version} if version else {"torch": "2.6.0"}
    return ask(CHECK, serving=serving, stack=stack, env={"SAGEMAKER_TS_BATCH_SIZE": size}).status


def test_the_version_that_goes_over_all_requests():
    assert told("1.7.0") is Status.FOUND
    assert told("1.7.1") is Status.CLEAR
    assert told("1.5.5", size="1") is Status.CLEAR
    assert told("1.5.5", stack="huggingface") is Status.CLEAR
    assert told("") is Status.UNKNOWN
