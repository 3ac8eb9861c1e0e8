from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "model-api-disabled"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "sagemaker-pytorch-inference 2.0.25 leaves the model API of TorchServe 0.12.0 off" in first.finding.message


def told(toolkit, server, endpoint="multi-model", stack="pytorch", **env):
    serving = {"sagemaker-pytorch-inference": toolkit, "torchserve": server}
    return ask(CHECK, serving=serving, endpoint=endpoint, stack=stack, env=env).status


def test_other_versions_kinds_and_the_variable():
    assert told("2.0.25", "0.12.0") is Status.FOUND
    assert told("2.0.25", "0.11.1") is Status.FOUND
    assert told("2.0.25", "0.11.0") is Status.CLEAR
    assert told("2.0.24", "0.12.0") is Status.CLEAR  # asks for a token first
    assert told("2.0.25", "0.12.0", TS_ENABLE_MODEL_API="true") is Status.CLEAR
    assert told("2.0.25", "0.12.0", endpoint="realtime") is Status.CLEAR
    assert told("2.0.25", "0.12.0", stack="huggingface") is Status.CLEAR
