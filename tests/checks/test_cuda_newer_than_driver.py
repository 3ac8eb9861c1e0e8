"""Tests of the check cuda-newer-than-driver."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from doctor.target import Target
from tests.containers import image
from tests.deployments import ask, examine

ID = "cuda-newer-than-driver"


def outcome(version, instance, ami="", **files):
    here = image(files, config={"Env": [f"CUDA_VERSION={version}"]} if version else {})
    return ask(ID, image=here, target=Target(instance, ami=ami))


def test_is_first_on_its_fixtures():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "CUDA 13.0.1 needs driver 580 or newer, and ml.g5.xlarge" in first.finding.message
    assert first.finding.likelihood is Likelihood.LIKELY
    sure = examine(f"sick/{ID}--ami").findings[0]
    assert "al2-ami-sagemaker-inference-gpu-2-1 has 535" in sure.finding.message
    assert sure.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("version", "instance", "ami"),
    [
        ("12.4.1", "ml.g5.xlarge", ""),
        ("13.0.1", "ml.g5.xlarge", "al2023-ami-sagemaker-inference-gpu-4-1"),
        ("11.8.0", "ml.p3.2xlarge", ""),
        ("13.0.1", "ml.m5.xlarge", ""),
    ],
)
def test_drivers_that_do_are_clear(version, instance, ami):
    assert outcome(version, instance, ami).status is Status.CLEAR


def test_the_compatibility_package_is_not_judged():
    assert outcome("13.0.1", "ml.g5.xlarge", **{"usr/local/cuda/compat/libcuda.so.580": "x"}).status is Status.CLEAR


def test_an_instance_whose_driver_nobody_names_is_unknown():
    assert outcome("13.0.1", "ml.p5.48xlarge").status is Status.UNKNOWN


def test_an_image_that_names_no_cuda_is_unknown():
    assert outcome("", "ml.g5.xlarge").status is Status.UNKNOWN
