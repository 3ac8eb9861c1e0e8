from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "payload-over-server-limit"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "TorchServe takes 6,553,500 at most" in first.finding.message


def test_a_variable_raises_or_lowers_it():
    big = b" " * 7_000_000
    assert ask(CHECK, sample=big, stack="pytorch").findings[0].fix.startswith("set TS_MAX_REQUEST_SIZE=")
    assert ask(CHECK, sample=big, stack="pytorch", env={"TS_MAX_REQUEST_SIZE": "8000000"}).status is Status.CLEAR
    assert ask(CHECK, sample=b"1234", stack="pytorch", env={"TS_MAX_REQUEST_SIZE": "3"}).status is Status.FOUND


def test_exactly_the_limit():
    assert ask(CHECK, sample=b" " * 6_553_500, stack="huggingface").status is Status.CLEAR


def test_the_algorithm_alone_has_the_limit():
    big = b" " * 6_400_000
    assert ask(CHECK, sample=big, stack="xgboost").status is Status.FOUND
    assert ask(CHECK, sample=big, stack="xgboost", env={"SAGEMAKER_PROGRAM": "a.py"}).status is Status.CLEAR
    assert ask(CHECK, sample=big, stack="tensorflow-serving").status is Status.CLEAR
