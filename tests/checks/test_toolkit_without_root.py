"""Tests of the check toolkit-without-root."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "toolkit-without-root"
TOOLKIT = {"sagemaker-inference": "1.10.1"}


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "USER nobody: sagemaker-inference 1.5.2" in first.finding.message


def test_root_is_clear():
    assert ask(ID, image=image(config={"User": "root"}), serving=TOOLKIT).status is Status.CLEAR


def test_another_server_is_clear():
    assert ask(ID, image=image(config={"User": "me"}), serving={"flask": "3.0.0"}).status is Status.CLEAR
