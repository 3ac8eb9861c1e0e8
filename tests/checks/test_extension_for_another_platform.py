"""Tests of the check extension-for-another-platform."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "extension-for-another-platform"
CODE = {"code/inference.py": "import msgpack\n"}


def outcome(*names, architecture="amd64"):
    files = {f"usr/lib/python3/site-packages/msgpack/{name}": "" for name in names}
    return ask(ID, image=image(files, architecture=architecture), artifact=CODE)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "msgpack/_cmsgpack.cpython-311-darwin.so" in first.finding.message
    assert first.finding.log == "ModuleNotFoundError: No module named 'msgpack._cmsgpack'"


def test_the_other_processors_is_found():
    assert outcome("_c.cpython-311-x86_64-linux-gnu.so", architecture="arm64").status is Status.FOUND


@pytest.mark.parametrize(
    "names",
    [
        ["_c.cpython-311-x86_64-linux-gnu.so"],
        ["_c.cpython-311-darwin.so", "_c.cpython-311-x86_64-linux-gnu.so"],
        ["_c.abi3.so"],
        ["_c.cpython-311.so"],
        [],
    ],
)
def test_what_can_be_imported_is_clear(names):
    assert outcome(*names).status is Status.CLEAR
