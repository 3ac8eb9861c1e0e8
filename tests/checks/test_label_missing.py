"""Tests of the check label-missing."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "label-missing"
PREFIX = "com.amazonaws.sagemaker.capabilities."
SEVERAL = {"SAGEMAKER_MULTI_MODEL": "true"}


def test_is_first_on_its_fixtures():
    for variant, label in (("", "multi-models"), ("--pipeline", "accept-bind-to-port")):
        first = examine(f"sick/{ID}{variant}").findings[0]
        assert first.check.id == ID
        assert f"label {PREFIX}{label} is absent" in first.finding.message


def test_another_value_is_none():
    here = image(config={"Labels": {f"{PREFIX}multi-models": "True"}})
    assert ask(ID, image=here, env=SEVERAL).status is Status.FOUND


def test_a_label_is_clear():
    here = image(config={"Labels": {f"{PREFIX}multi-models": "true"}})
    assert ask(ID, image=here, env=SEVERAL).status is Status.CLEAR


def test_one_model_needs_none():
    assert ask(ID, image=image()).status is Status.CLEAR
