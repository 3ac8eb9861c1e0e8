from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "triton-python-shared-memory"
CONFIG = 'backend: "{backend}"\ninstance_group [ {group} ]\n'


def status(group, instance="ml.c5.2xlarge", backend="python", **env):
    files = {"line/config.pbtxt": CONFIG.format(backend=backend, group=group), "line/1/model.py": "x = 1\n"}
    return ask(CHECK, artifact=files, stack="triton", instance=instance, env=env).status


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("5 instances of Python models take 16 MiB of /dev/shm each, 80 MiB in all")
    assert first.finding.fix == "--env SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE=12582912"  # was run: it starts


@pytest.mark.parametrize(
    ("group", "instance", "found"),
    [
        ("{ count: 4 kind: KIND_CPU }", "ml.c5.2xlarge", Status.CLEAR),
        ("{ count: 5 kind: KIND_CPU }", "ml.c5.2xlarge", Status.FOUND),
        ("{ count: 3 kind: KIND_CPU }, { count: 2 kind: KIND_CPU }", "ml.c5.2xlarge", Status.FOUND),
        ("{ count: 2 kind: KIND_GPU }", "ml.g5.xlarge", Status.CLEAR),
        ("{ count: 2 kind: KIND_GPU }", "ml.g5.12xlarge", Status.FOUND),  # on each of four GPUs
        ("{ count: 2 kind: KIND_GPU gpus: [ 0 ] }", "ml.g5.12xlarge", Status.CLEAR),
        ("{ count: 5 kind: KIND_CPU }", "", Status.CLEAR),
    ],
)
def test_instances_on_an_instance(group, instance, found):
    assert status(group, instance) is found


def test_what_variables_say():
    five = "{ count: 5 kind: KIND_CPU }"
    assert status(five, SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE="12582912") is Status.CLEAR
    assert status(five, SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE="16777216") is Status.FOUND
    more = "--backend-config=python,shm-default-byte-size=1048576"
    assert status(five, SAGEMAKER_TRITON_ADDITIONAL_ARGS=more) is Status.UNKNOWN
    assert status(five, backend="onnxruntime") is Status.CLEAR
