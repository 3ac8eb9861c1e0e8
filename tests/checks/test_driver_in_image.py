"""Tests of the check driver-in-image."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "driver-in-image"


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "driver 535.183.01" in first.finding.message


@pytest.mark.parametrize(
    "path",
    [
        "usr/local/cuda/compat/libcuda.so.550.54.15",
        "usr/local/cuda/lib64/stubs/libcuda.so",
        "usr/lib/x86_64-linux-gnu/libcuda.so.1",
    ],
)
def test_what_is_no_driver_is_clear(path):
    assert ask(ID, image=image({path: ""}), instance="ml.g5.xlarge").status is Status.CLEAR


def test_without_a_gpu_it_does_no_harm():
    here = image({"usr/lib/libcuda.so.535.183.01": ""})
    assert ask(ID, image=here, instance="ml.m5.xlarge").status is Status.CLEAR
