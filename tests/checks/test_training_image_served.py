"""Tests of the check training-image-served."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "training-image-served"


def test_is_first_on_its_fixture():
    report = examine(f"sick/{ID}")
    assert report.findings[0].check.id == ID
    assert "huggingface-tensorflow-training:2.5.1" in report.findings[0].finding.message
    assert "huggingface-tensorflow-inference:2.5.1" in report.findings[0].finding.fix
    assert all(f.because_of == ID for f in report.findings[1:])


def test_a_serve_beside_the_toolkit_is_clear():
    here = image({"usr/bin/serve": "#!/bin/sh\n"}, names=("a/b-training:1",))
    assert ask(ID, image=here).status is Status.CLEAR


def test_an_image_by_another_name_is_clear():
    assert ask(ID, image=image(names=("trainings:1",))).status is Status.CLEAR


def test_a_registrys_image_has_its_name_in_its_reference():
    place = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.5.1-gpu-py311"
    found = ask(ID, image=image(source=place)).findings[0]
    assert found.message == f"{place} is an image for training: it has no `serve`"
    assert found.fix == f"--image {place.replace('-training', '-inference')}"


def test_the_path_of_a_saved_image_is_no_name(tmp_path):
    saved = tmp_path / "pytorch-training:1"
    saved.write_bytes(b"")
    assert ask(ID, image=image(source=str(saved))).status is Status.CLEAR
