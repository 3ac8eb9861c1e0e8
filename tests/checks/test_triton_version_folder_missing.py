"""triton-version-folder-missing: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import CONFIG, LINE, PYTHON


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-version-folder-missing")
    assert found.check.id == "triton-version-folder-missing"
    assert "line/" in found.finding.message
    assert "model.py" in found.finding.message


def test_sick_leading_zeros():
    found = first("triton-version-folder-missing--leading-zeros")
    assert found.check.id == "triton-version-folder-missing"
    assert "007" in found.finding.message


def test_a_version():
    outcome = ask("triton-version-folder-missing", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_a_large_version():
    outcome = ask(
        "triton-version-folder-missing",
        artifact={"line/config.pbtxt": CONFIG, "line/20240101/model.py": PYTHON},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR


def test_a_version_that_the_policy_asks_for_is_absent():
    outcome = ask(
        "triton-version-folder-missing",
        artifact=LINE | {"line/config.pbtxt": CONFIG + "version_policy { specific { versions: [2] } }"},
        stack="triton",
    )
    assert outcome.status is Status.FOUND
