"""Tests of the check onnx-cpu-runtime-asked-for-cuda."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

ID = "onnx-cpu-runtime-asked-for-cuda"
CUDA = {"code/inference.py": 'import onnxruntime\n\nP = ["CUDAExecutionProvider"]\n'}
CPU = {"onnxruntime": "1.20.1"}


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "onnxruntime 1.20.1 has no CUDAExecutionProvider: the GPU of ml.g5.xlarge" in first.finding.message


def test_an_instance_without_a_gpu_has_none_to_leave_idle():
    assert ask(ID, artifact=CUDA, serving=CPU, instance="ml.m5.xlarge").status is Status.CLEAR


def test_the_gpu_build_is_clear():
    both = {**CPU, "onnxruntime-gpu": "1.20.1"}
    assert ask(ID, artifact=CUDA, serving=both, instance="ml.g5.xlarge").status is Status.CLEAR


def test_an_environment_that_isnt_whole_is_unknown():
    assert ask(ID, artifact=CUDA, serving=CPU, complete=False, instance="ml.g5.xlarge").status is Status.UNKNOWN
