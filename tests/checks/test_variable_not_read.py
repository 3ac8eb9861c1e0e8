from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "variable-not-read"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "an argument of deploy()" in first.finding.message


def test_a_misspelt_name():
    first = examine(f"sick/{CHECK}--misspelt").findings[0]
    assert first.finding.fix == "SAGEMAKER_MODEL_SERVER_WORKERS=1"


def test_near_names_that_are_read_or_meant():
    for env in ({"MY_TASK": "x"}, {"HF_TASK": "x"}, {"SAGEMAKER_PROGRAM_ARGS": "x"}):
        assert ask(CHECK, env=env, stack="huggingface", artifact={"config.json": "{}"}).status is Status.CLEAR, env
    script = {"code/inference.py": "import os\nX = os.environ['HF_TASKS']\n"}
    assert ask(CHECK, env={"HF_TASKS": "x"}, stack="huggingface", artifact=script).status is Status.CLEAR
    assert ask(CHECK, env={"HF_TASKS": "x"}, stack="byoc", artifact={"a": "b"}).status is Status.CLEAR
    assert ask(CHECK, env={"HF_TASKS": "x"}, stack="huggingface", artifact={"a": "b"}).status is Status.FOUND


def test_names_with_another_prefix_or_swapped_letters():
    for name, right in {
        "SM_MODEL_SERVER_TIMEOUT": "SAGEMAKER_MODEL_SERVER_TIMEOUT",
        "SAGEMKAER_PROGRAM": "SAGEMAKER_PROGRAM",
    }.items():
        found = ask(CHECK, env={name: "1"}, stack="pytorch", artifact={"a": "b"}).findings[0]
        assert found.fix == f"{right}=1"
