from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "torchserve-wants-a-token"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "torchserve 0.12.0 refuses requests without a token" in first.finding.message


def told(version="0.12.0", start="torchserve --start", artifact=None, env=None, stack="torchserve", **more):
    from doctor.image.value import Image

    image = Image(
        "image.tar", {"config": {"Entrypoint": start.split(), "Env": more.pop("set_by_image", [])}}, (), {}, {}
    )
    serving = {"torchserve": version, **more}
    files = artifact or {"a": "b"}
    return ask(CHECK, serving=serving, stack=stack, artifact=files, env=env, image=image).status


def test_what_turns_it_off():
    assert told() is Status.FOUND
    assert told("0.11.0") is Status.CLEAR
    assert told(start="torchserve --start --disable-token-auth") is Status.CLEAR
    assert told(set_by_image=["TS_DISABLE_TOKEN_AUTHORIZATION=true"]) is Status.CLEAR
    assert told(env={"TS_DISABLE_TOKEN_AUTHORIZATION": "true"}) is Status.CLEAR
    assert told(artifact={"config.properties": "disable_token_authorization=true\n"}) is Status.CLEAR


def test_what_cannot_be_seen():
    assert told(start="python serve.py") is Status.UNKNOWN
    assert told(start="torchserve --start --ts-config /etc/x") is Status.UNKNOWN
    serving = {"torchserve": "0.12.0"}
    assert ask(CHECK, serving=serving, stack="torchserve", artifact={"a": "b"}).status is Status.UNKNOWN


def test_other_stacks():
    assert told(stack="pytorch") is Status.CLEAR
    assert told(**{"sagemaker-pytorch-inference": "2.0.25"}) is Status.CLEAR
