"""Tests of the check driver-requirement-unmet."""

from __future__ import annotations

import pytest

from doctor.image import drivers
from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "driver-requirement-unmet"
AMI = "al2-ami-sagemaker-inference-gpu-3-1"


def outcome(asked, *more, instance="ml.g5.xlarge", **settings):
    variables = [f"NVIDIA_REQUIRE_CUDA={asked}", *more]
    return ask(ID, image=image(config={"Env": variables}), instance=instance, **settings)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert first.finding.message.endswith(f"{AMI} has 550 (CUDA 12.4)")
    assert first.finding.fix.startswith("InferenceAmiVersion=al2023-ami-sagemaker-inference-gpu-4-1")


@pytest.mark.parametrize(
    ("asked", "driver", "cuda", "met"),
    [
        ("cuda>=12.4", 550, "12.4", True),
        ("cuda>=12.6", 550, "12.4", False),
        ("cuda>=12.8 brand=tesla,driver>=550,driver<551", 550, "12.4", True),
        ("cuda>=12.8 brand=tesla,driver>=535,driver<536", 550, "12.4", False),
        ("cuda>=12.8 brand=tesla,driver>=470.57.02,driver<471", 470, "11.4", True),
        ("cuda>=9.0", 580, "13.0", True),
        ("arch>=7.0", 470, "11.4", True),
    ],
)
def test_what_is_met(asked, driver, cuda, met):
    assert drivers.is_met(asked, driver, cuda) is met


def test_the_newest_driver_of_an_instance_without_an_ami():
    assert "ml.g5.xlarge without InferenceAmiVersion has 550 at most" in outcome("cuda>=12.8").findings[0].message
    assert outcome("cuda>=12.4").status is Status.CLEAR


def test_what_is_not_held_to_it_is_clear():
    assert outcome("cuda>=12.8", "NVIDIA_DISABLE_REQUIRE=true").status is Status.CLEAR
    assert outcome("cuda>=12.8", env={"NVIDIA_DISABLE_REQUIRE": "1"}).status is Status.CLEAR
    assert outcome("cuda>=12.8", instance="ml.m5.xlarge").status is Status.CLEAR
    assert ask(ID, image=image(), instance="ml.g5.xlarge").status is Status.CLEAR


def test_an_unknown_driver_is_unknown():
    assert outcome("cuda>=12.8", inference_ami="ami-of-mine").status is Status.UNKNOWN
