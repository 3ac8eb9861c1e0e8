from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "torchserve-wants-a-token"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "torchserve 0.12.0 refuses requests without a token" in first.finding.message


def told(version="0.12.0", stack="torchserve", artifact=None, env=None, **more):
    serving = {"torchserve": version, **more}
    return ask(CHECK, serving=serving, stack=stack, artifact=artifact or {"a": "b"}, env=env).status


def test_what_turns_it_off():
    assert told() is Status.FOUND
    assert told("0.11.0") is Status.CLEAR
    assert told(env={"TS_DISABLE_TOKEN_AUTHORIZATION": "true"}) is Status.CLEAR
    assert told(artifact={"config.properties": "disable_token_authorization=true\n"}) is Status.CLEAR
    assert told(stack="pytorch") is Status.CLEAR
    assert told(**{"sagemaker-pytorch-inference": "2.0.25"}) is Status.CLEAR
