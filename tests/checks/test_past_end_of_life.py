"""Tests of the check past-end-of-life."""

from __future__ import annotations

import pytest

from doctor.model import Severity, Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "past-end-of-life"


def outcome(packages, python="3.12"):
    return ask(ID, image=image(), serving=packages, python=python)


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("", "TorchServe 0.12.0 gets no fixes any more: its repository was archived on 2025-08-07"),
        ("--python", "Python 3.8 gets no fixes any more: support of 3.8 ended 2024-10-07"),
    ],
)
def test_is_first_on_its_fixtures(variant, said):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert first.check.severity is Severity.NOTE
    assert said in first.finding.message


@pytest.mark.parametrize(
    ("packages", "name"),
    [
        ({"multi-model-server": "1.1.11"}, "Multi Model Server 1.1.11"),
        ({"mxnet-cu112": "1.9.1"}, "Apache MXNet 1.9.1"),
        ({"tensorflow": "1.15.5"}, "TensorFlow 1 1.15.5"),
        ({"text-generation-server": "2.0.4"}, "Text Generation Inference 2.0.4"),
    ],
)
def test_what_has_ended(packages, name):
    assert outcome(packages).findings[0].message.startswith(f"{name} gets no fixes any more")


@pytest.mark.parametrize("packages", [{"tensorflow": "2.15.0"}, {"tensorflow": ""}, {"torch": "1.0"}])
def test_what_has_not_is_clear(packages):
    assert outcome(packages).status is Status.CLEAR


@pytest.mark.parametrize(("python", "found"), [("3.9.18", 1), ("3.10.4", 1), ("3.11", 0), ("", 0)])
def test_releases_of_python(python, found):
    assert len(outcome({}, python).findings) == found
