"""Tests of the check arm-image-without-instance."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "arm-image-without-instance"


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "Graviton" in first.finding.message


def test_is_left_to_the_other_check_where_the_instance_is_known():
    assert ask(ID, image=image(architecture="arm64"), instance="ml.m5.xlarge").status is Status.CLEAR


def test_amd64_is_clear():
    assert ask(ID, image=image()).status is Status.CLEAR
