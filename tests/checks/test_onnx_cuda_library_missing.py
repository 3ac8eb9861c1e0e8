"""Tests of the check onnx-cuda-library-missing."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "onnx-cuda-library-missing"
PROVIDER = "usr/lib/python3/site-packages/onnxruntime/capi/libonnxruntime_providers_cuda.so"
CUDA = {"code/inference.py": 'P = ["CUDAExecutionProvider"]\n'}


def outcome(libraries, code=CUDA):
    return ask(ID, image=image(libraries=libraries), artifact=code)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "needs libcublasLt.so.11" in first.finding.message
    assert first.finding.evidence[-1].saw == "libcudart.so.12"


def test_libraries_that_pip_brings_are_clear():
    pip = "usr/lib/python3/site-packages/nvidia/cublas/lib/libcublasLt.so.12"
    assert outcome({PROVIDER: ["libcublasLt.so.12", "libcuda.so.1"], pip: []}).status is Status.CLEAR


def test_a_handler_for_the_cpu_is_clear():
    assert outcome({PROVIDER: ["libcublasLt.so.12"]}, {"code/inference.py": "x = 1\n"}).status is Status.CLEAR
