from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "variable-in-quotes"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.fix == "HF_TASK=text-classification"


def test_quotes_inside_and_variables_of_ones_own():
    assert ask(CHECK, env={"MY_NAME": '"x"', "HF_TASK": 'a"b"'}).status is Status.CLEAR
    found = ask(CHECK, env={"SAGEMAKER_MODEL_SERVER_WORKERS": "'2'"}).findings[0]
    assert "invalid literal for int()" in found.log
