"""Tests of the check opencv-on-tensorflow-serving."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

ID = "opencv-on-tensorflow-serving"
CODE = "import cv2\n\n\ndef handler(data, context):\n    return cv2\n"


def outcome(requirements, *, code=CODE, stack="tensorflow-serving", complete=False):
    files = {"code/inference.py": code, "code/requirements.txt": requirements}
    return ask(ID, artifact=files, serving={}, stack=stack, complete=complete)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "opencv-python==4.10.0.84 needs libGL.so.1" in first.finding.message
    assert "opencv-python-headless" in first.finding.fix


@pytest.mark.parametrize(
    "more",
    [
        {"requirements": "opencv-python-headless==4.10.0.84\n"},
        {"requirements": "opencv-python\n", "code": "def handler(data, context):\n    return data\n"},
        {"requirements": "opencv-python\n", "stack": "pytorch"},
        {"requirements": "opencv-python\n", "complete": True},
    ],
)
def test_near_misses_are_clear(more):
    assert outcome(**more).status is Status.CLEAR
