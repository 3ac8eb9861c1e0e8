from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "multi-model-toolkit-too-old"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "sagemaker-pytorch-inference 2.0.10" in first.finding.message


def told(version, endpoint="multi-model", stack="pytorch"):
    return ask(CHECK, serving={"sagemaker-pytorch-inference": version}, endpoint=endpoint, stack=stack).status


def test_newer_toolkits_and_single_models():
    assert told("2.0.11") is Status.CLEAR
    assert told("2.0.5") is Status.FOUND
    assert told("2.0.5", endpoint="realtime") is Status.CLEAR
    assert told("2.0.5", stack="huggingface") is Status.CLEAR
