"""triton-backend-unknown: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import CONFIG, LINE


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-backend-unknown")
    assert found.check.id == "triton-backend-unknown"
    assert "pythn" in found.finding.message


def test_known():
    outcome = ask("triton-backend-unknown", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_packed_beside():
    outcome = ask(
        "triton-backend-unknown",
        artifact=LINE | {"line/config.pbtxt": CONFIG.replace("python", "mine"), "line/libtriton_mine.so": b"x"},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR


def test_in_another_folder_of_the_image():
    outcome = ask(
        "triton-backend-unknown",
        artifact=LINE | {"line/config.pbtxt": CONFIG.replace("python", "mine")},
        stack="triton",
        env={"SAGEMAKER_TRITON_ADDITIONAL_ARGS": "--backend-directory=/opt/mine"},
    )
    assert outcome.status is Status.CLEAR
