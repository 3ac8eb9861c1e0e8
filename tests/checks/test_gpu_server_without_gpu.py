"""Tests of the check gpu-server-without-gpu."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

ID = "gpu-server-without-gpu"


def outcome(version, instance="ml.m5.4xlarge", stack="vllm", **settings):
    return ask(ID, serving={"vllm": version} if version else {}, stack=stack, instance=instance, **settings)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert first.finding.message == "vllm 0.10.1 is built for CUDA, and ml.m5.4xlarge has no GPU"


def test_a_serverless_endpoint_has_none():
    assert outcome("0.10.1", instance="", endpoint="serverless").status is Status.FOUND


@pytest.mark.parametrize(
    ("version", "instance", "stack"),
    [
        ("0.10.1", "ml.g5.xlarge", "vllm"),
        ("0.10.1", "ml.inf2.xlarge", "vllm"),
        ("0.10.1+cpu", "ml.m5.4xlarge", "vllm"),
        ("", "ml.m5.4xlarge", "vllm"),
        ("0.10.1", "ml.m5.4xlarge", "djl"),
    ],
)
def test_what_may_run_is_clear(version, instance, stack):
    assert outcome(version, instance, stack).status is Status.CLEAR


def test_without_an_instance_nothing_is_known():
    assert outcome("0.10.1", "").status is Status.UNKNOWN
