from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama


def status(value, instance, stack="tgi", name="SM_NUM_GPUS"):
    given = {"artifact": llama(), "stack": stack, "env": {name: value}, "instance": instance}
    return ask("tensor-parallel-exceeds-gpus", **given).status


def test_the_fixture():
    first = examine("sick/tensor-parallel-exceeds-gpus").findings[0]
    assert first.check.id == "tensor-parallel-exceeds-gpus"
    assert "has 1 GPU" in first.finding.message and "4 partitions" in first.finding.log


def test_as_many_as_there_are():
    assert status("4", "ml.g5.12xlarge") is Status.CLEAR
    assert status("8", "ml.g5.12xlarge") is Status.FOUND
    assert status("2", "ml.m5.xlarge") is Status.FOUND
    assert status("1", "ml.m5.xlarge") is Status.CLEAR
    assert status("4", "") is Status.UNKNOWN


def test_max_and_neuron_are_clear():
    assert status("max", "ml.g5.xlarge", "djl", "OPTION_TENSOR_PARALLEL_DEGREE") is Status.CLEAR
    assert status("8", "ml.inf2.48xlarge", "djl", "OPTION_TENSOR_PARALLEL_DEGREE") is Status.CLEAR
