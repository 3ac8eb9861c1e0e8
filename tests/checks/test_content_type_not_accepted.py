from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "content-type-not-accepted"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "the sample is sent as application/json" in first.finding.message


def told(stack, content_type, code="", env=None):
    artifact = {"code/inference.py": code} if code else {"model.bin": b"x"}
    return ask(CHECK, artifact=artifact, stack=stack, content_type=content_type, env=env).status


def test_variants():
    for variant in ("label-size", "no-serializer"):
        assert examine(f"sick/{CHECK}--{variant}").findings[0].check.id == CHECK


def test_what_each_stack_takes():
    assert told("xgboost", "text/csv; label_size=1") is Status.CLEAR
    assert told("xgboost", "application/json", env={"SAGEMAKER_PROGRAM": "x.py"}) is Status.CLEAR
    assert told("sklearn", "text/csv; charset=utf-8", "def model_fn(d):\n    pass\n") is Status.CLEAR
    assert told("sklearn", "image/png", "def model_fn(d):\n    pass\n") is Status.FOUND
    assert told("sklearn", "image/png", "def input_fn(b, t):\n    return b\n") is Status.CLEAR
    assert told("sklearn", "image/png", "from common import *\n") is Status.CLEAR
    assert told("huggingface", "image/png") is Status.CLEAR
    assert told("tensorflow-serving", "application/json; charset=utf-8") is Status.FOUND
    assert told("tensorflow-serving", "application/json") is Status.CLEAR
    assert told("byoc", "anything/else") is Status.CLEAR
