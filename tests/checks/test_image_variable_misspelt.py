"""Tests of the check image-variable-misspelt."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "image-variable-misspelt"


def outcome(*variables, stack="pytorch", files=None):
    return ask(ID, image=image(files, config={"Env": list(variables)}), stack=stack)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert first.finding.fix == "ENV SAGEMAKER_MODEL_SERVER_TIMEOUT=300"


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("SAGEMKAER_PROGRAM", "SAGEMAKER_PROGRAM"),
        ("SM_PROGRAM", "SAGEMAKER_PROGRAM"),
        ("Sagemaker_Program", "SAGEMAKER_PROGRAM"),
        ("HUGGINGFACE_TASK", "HF_TASK"),
        ("TS_MAX_REQUEST_SIZES", "TS_MAX_REQUEST_SIZE"),
    ],
)
def test_names_that_are_almost_right(name, right):
    assert f"{right} is probably meant" in outcome(f"{name}=1").findings[0].message


@pytest.mark.parametrize(
    "name", ["PATH", "SAGEMAKER_PROGRAM", "SM_NUM_GPUS", "HF_HOME", "MODEL_DIR", "LANG", "SM_CHANNEL"]
)
def test_other_names_are_clear(name):
    assert outcome(f"{name}=1").status is Status.CLEAR


def test_what_is_read_or_may_be_is_clear():
    serve = {"usr/bin/serve": "#!/bin/sh\nexport SAGEMAKER_PROGRAM=$SM_PROGRAM\n"}
    assert outcome("SM_PROGRAM=1", files=serve).status is Status.CLEAR
    assert outcome("SM_PROGRAM=1", stack="byoc").status is Status.CLEAR
    assert outcome("SM_PROGRAM=a", "SAGEMAKER_PROGRAM=b").status is Status.CLEAR
