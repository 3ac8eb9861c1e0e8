"""Tests of the check glibc-too-old."""

from __future__ import annotations

import pytest

from doctor.formats.kinds.elf import Elf
from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "glibc-too-old"
CODE = {"code/inference.py": "import cv2\n"}


def outcome(needs, has, code=CODE):
    libraries = {"usr/lib/python3/site-packages/cv2/cv2.abi3.so": Elf("x86_64", glibc=needs)}
    if has:
        libraries["lib/libc.so.6"] = Elf("x86_64", "libc.so.6", glibc=has)
    return ask(ID, image=image(libraries=libraries), artifact=code)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "import lightgbm needs GNU libc 2.38, and the image has 2.36" in first.finding.message


@pytest.mark.parametrize(("needs", "has"), [("2.17", "2.36"), ("2.36", "2.36"), ("2.9", "2.36"), ("", "2.36")])
def test_older_needs_are_clear(needs, has):
    assert outcome(needs, has).status is Status.CLEAR


def test_an_image_without_one_is_unknown():
    assert outcome("2.17", "").status is Status.UNKNOWN


def test_what_nothing_imports_is_clear():
    assert outcome("2.99", "2.36", {"code/inference.py": "x = 1\n"}).status is Status.CLEAR
