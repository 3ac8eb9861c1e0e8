from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "multi-model-ignores-code"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "code/inference.py isn't run" in first.finding.message


def test_a_script_for_all_models_and_other_stacks():
    script = {"code/inference.py": "def handler(data, context):\n    return data\n"}
    universal = {"SAGEMAKER_MULTI_MODEL_UNIVERSAL_BUCKET": "b", "SAGEMAKER_MULTI_MODEL_UNIVERSAL_PREFIX": "p"}
    given = {"artifact": script, "stack": "tensorflow-serving"}
    assert ask(CHECK, **given, endpoint="multi-model", env=universal).status is Status.CLEAR
    assert ask(CHECK, **given, endpoint="realtime").status is Status.CLEAR
    assert ask(CHECK, **given, env={"SAGEMAKER_MULTI_MODEL": "True"}).status is Status.FOUND
    assert ask(CHECK, artifact=script, stack="pytorch", endpoint="multi-model").status is Status.CLEAR
