"""Tests of the check system-library-missing."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "system-library-missing"
SITE = "usr/lib/python3.11/site-packages"
CODE = {"code/inference.py": "import cv2\n\n\ndef model_fn(d):\n    return cv2\n"}


def outcome(libraries, code=CODE, files=None):
    files = {"usr/lib/x86_64-linux-gnu/libc.so.6": "", **(files or {})}
    return ask(ID, image=image(files, libraries=libraries), artifact=code, serving={}, python="3.11", stack="pytorch")


@pytest.mark.parametrize(
    ("variant", "said", "fix"),
    [
        ("", "import cv2 needs libGL.so.1", "libgl1"),
        ("--requirements", "import cv2 needs libGL.so.1", "opencv-python-headless"),
        ("--libgomp", "import lightgbm needs libgomp.so.1", "libgomp1"),
        ("--libpq", "import psycopg2 needs libpq.so.5", "libpq5"),
    ],
)
def test_is_first_on_its_fixtures(variant, said, fix):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert said in first.finding.message
    assert fix in first.finding.fix


def test_a_library_behind_another_is_missed_too():
    found = outcome({f"{SITE}/cv2/cv2.abi3.so": ["libQt.so"], f"{SITE}/x.libs/libQt.so": ["libGL.so.1"]}).findings[0]
    assert found.evidence[0].saw == "NEEDED libGL.so.1"


def test_the_loader_and_the_driver_are_the_hosts():
    needed = ["ld-linux-x86-64.so.2", "libcuda.so.1"]
    assert outcome({f"{SITE}/cv2/cv2.abi3.so": needed}).status is Status.CLEAR


def test_a_link_provides_it():
    libraries = {f"{SITE}/cv2/cv2.abi3.so": ["libGL.so.1"]}
    assert outcome(libraries, files={"opt/lib/libGL.so.1": "-> libGL.so.1.7.0"}).status is Status.CLEAR


def test_what_nothing_imports_is_clear():
    code = {"code/inference.py": "def model_fn(d):\n    return d\n"}
    assert outcome({f"{SITE}/cv2/cv2.abi3.so": ["libGL.so.1"]}, code).status is Status.CLEAR


def test_an_image_without_the_layers_of_its_system_is_unknown():
    half = image(libraries={f"{SITE}/cv2/cv2.abi3.so": ["libGL.so.1", "libc.so.6"]})
    outcome = ask(ID, image=half, artifact=CODE, serving={}, python="3.11", stack="pytorch")
    assert outcome.status is Status.UNKNOWN
    assert "no C library" in outcome.reasons[0]
