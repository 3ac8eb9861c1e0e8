from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, before="2.5.1+cu124", instance="", **packages):
    files = {"code/requirements.txt": text}
    return ask(
        "requirements-replace-framework",
        artifact=files,
        stack="pytorch",
        serving={"torch": before, **packages},
        instance=instance,
    )


def test_the_fixture():
    (first,) = examine("sick/requirements-replace-framework").findings
    assert first.check.id == "requirements-replace-framework"
    assert "torch==2.13.0 replaces the image's torch 2.5.1 by one for CUDA 13.0" in first.finding.message


def test_the_same_cuda_or_none_is_clear():
    assert asked("torch==2.6.0").status is Status.CLEAR
    assert asked("torch==2.5.1").status is Status.CLEAR
    assert asked("torch==2.13.0", before="2.5.1+cpu").status is Status.CLEAR
    assert asked("torch==2.13.0", instance="ml.m5.xlarge").status is Status.CLEAR
    assert asked("torch==2.13.0", instance="ml.g5.xlarge").status is Status.FOUND


def test_an_open_version_is_unknown():
    assert asked("torch>2.6").status is Status.UNKNOWN
