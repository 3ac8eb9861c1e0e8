from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "multi-model-needs-cpu"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "ml.g4dn.xlarge has GPUs" in first.finding.message


def test_stacks_that_can_and_cpu_instances():
    gpu = {"endpoint": "multi-model", "instance": "ml.g5.xlarge"}
    assert ask(CHECK, stack="triton", **gpu).status is Status.CLEAR
    assert ask(CHECK, stack="sklearn", **gpu).status is Status.FOUND
    assert ask(CHECK, stack="sklearn", endpoint="multi-model", instance="ml.m5.xlarge").status is Status.CLEAR
    assert ask(CHECK, stack="sklearn", endpoint="realtime", instance="ml.g5.xlarge").status is Status.CLEAR
    assert ask(CHECK, stack="sklearn", endpoint="multi-model").status is Status.UNKNOWN
