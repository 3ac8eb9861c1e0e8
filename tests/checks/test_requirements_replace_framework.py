from __future__ import annotations

from doctor.model import Status
from doctor.target import Target
from tests.deployments import ask, examine


def asked(text, before="2.5.1+cu124", instance="", python="", **packages):
    files = {"code/requirements.txt": text}
    return ask(
        "requirements-replace-framework",
        artifact=files,
        stack="pytorch",
        serving={"torch": before, **packages},
        instance=instance,
        python=python,
    )


def test_the_fixture():
    (first,) = examine("sick/requirements-replace-framework").findings
    assert first.check.id == "requirements-replace-framework"
    assert first.finding.message == (
        "torch==2.13.0 replaces the image's torch 2.5.1 by torch 2.13.0, for CUDA 13.0, which needs driver 580 or "
        "newer; an ml.g5.xlarge without another inference AMI has 470"
    )


def test_the_same_cuda_or_none_is_clear():
    assert asked("torch==2.6.0").status is Status.CLEAR
    assert asked("torch==2.5.1").status is Status.CLEAR
    assert asked("torch==2.13.0", before="2.5.1+cpu").status is Status.CLEAR
    assert asked("torch==2.13.0", instance="ml.m5.xlarge").status is Status.CLEAR
    assert asked("torch==2.13.0", instance="ml.g5.xlarge").status is Status.FOUND


def test_an_open_version_is_unknown():
    assert asked("torch>2.6").status is Status.UNKNOWN


def test_a_range_takes_the_newest_or_a_newer_one():
    (finding,) = asked("torch>2.6", python="3.11").findings
    assert "by torch 2.15.0 or a newer one, for CUDA 13.2" in finding.message
    assert asked("torch>2.6", python="3.9").status is Status.CLEAR  # the last for Python 3.9 has CUDA 12


def test_the_ami_has_the_driver():
    for ami, found in (
        ("al2023-ami-sagemaker-inference-gpu-4-1", Status.CLEAR),
        ("al2-ami-sagemaker-inference-gpu-3-1", Status.FOUND),
    ):
        outcome = ask(
            "requirements-replace-framework",
            artifact={"code/requirements.txt": "torch==2.13.0"},
            stack="pytorch",
            serving={"torch": "2.5.1+cu124"},
            target=Target("ml.g5.xlarge", ami=ami),
        )
        assert outcome.status is found


def test_through_torchvision():
    (finding,) = asked("torchvision==0.26.0", torchvision="0.20.1+cu124").findings
    assert finding.message.startswith(
        "torchvision==0.26.0 replaces the image's torch 2.5.1+cu124 by torch 2.11.0 (torchvision 0.26.0 requires "
        "torch==2.11.0), for CUDA 13.0"
    )
