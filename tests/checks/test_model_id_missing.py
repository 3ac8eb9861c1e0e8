from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def status(stack, env):
    return ask("model-id-missing", artifact={"config.json": "{}"}, stack=stack, env=env).status


def test_the_fixture():
    first = examine("sick/model-id-missing").findings[0]
    assert first.check.id == "model-id-missing"
    assert first.finding.fix == "HF_MODEL_ID=/opt/ml/model"


def test_set_or_another_stack_is_clear():
    assert status("tgi", {"HF_MODEL_ID": "/opt/ml/model"}) is Status.CLEAR
    assert status("tei", {"DTYPE": "float16"}) is Status.FOUND
    assert status("vllm", {"A": "b"}) is Status.CLEAR


def test_without_any_variables_it_is_unknown():
    assert status("tgi", {}) is Status.UNKNOWN
