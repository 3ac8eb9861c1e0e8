"""triton-gpu-group-without-gpu: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import CONFIG, LINE


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-gpu-group-without-gpu")
    assert found.check.id == "triton-gpu-group-without-gpu"
    assert "KIND_GPU" in found.finding.message
    assert "ml.m5.xlarge" in found.finding.message


def test_a_gpu():
    outcome = ask(
        "triton-gpu-group-without-gpu",
        artifact=LINE | {"line/config.pbtxt": CONFIG + "instance_group [{ kind: KIND_GPU }]"},
        stack="triton",
        instance="ml.g5.xlarge",
    )
    assert outcome.status is Status.CLEAR


def test_the_second_of_one():
    outcome = ask(
        "triton-gpu-group-without-gpu",
        artifact=LINE | {"line/config.pbtxt": CONFIG + "instance_group [{ kind: KIND_GPU gpus: [ 1 ] }]"},
        stack="triton",
        instance="ml.g5.xlarge",
    )
    assert outcome.status is Status.FOUND


def test_auto():
    outcome = ask(
        "triton-gpu-group-without-gpu",
        artifact=LINE | {"line/config.pbtxt": CONFIG + "instance_group [{ kind: KIND_AUTO }]"},
        stack="triton",
        instance="ml.m5.xlarge",
    )
    assert outcome.status is Status.CLEAR
