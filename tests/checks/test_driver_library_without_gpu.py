"""Tests of the check driver-library-without-gpu."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "driver-library-without-gpu"
LIBRARY = "usr/lib/python3/dist-packages/tensorflow/python/_pywrap_tensorflow_internal.so"
CODE = {"code/inference.py": "import tensorflow\n"}


def outcome(needed, **more):
    return ask(ID, image=image(libraries={LIBRARY: needed}), artifact=CODE, **more)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "libcuda.so.1, and ml.m5.xlarge has no GPU" in first.finding.message


def test_a_gpu_brings_it():
    assert outcome(["libcuda.so.1"], instance="ml.g5.xlarge").status is Status.CLEAR


def test_without_an_instance_nobody_knows():
    assert outcome(["libcuda.so.1"]).status is Status.UNKNOWN


def test_a_build_that_is_not_linked_with_it_is_clear():
    assert outcome(["libdl.so.2"], instance="ml.m5.xlarge").status is Status.CLEAR
