"""keras-lambda-of-another-python: byte code of 3.10 and of 3.11, by the Python that serves."""

from __future__ import annotations

import base64
import marshal

import pytest

from doctor.keras_lambdas import code_of
from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

SICK = files("sick/keras-lambda-of-another-python")


def test_told_first():
    first = examine("sick/keras-lambda-of-another-python").findings[0]
    assert first.check.id == "keras-lambda-of-another-python"
    assert "byte code of Python 3.8 to 3.10" in first.finding.message


@pytest.mark.parametrize(("python", "clear"), [("3.10.13", True), ("3.9.18", True), ("3.12.1", False)])
def test_by_python(python, clear):
    serving = {"tensorflow-cpu": "2.15.1", "keras": "2.15.0"}
    outcome = ask("keras-lambda-of-another-python", artifact=SICK, serving=serving, python=python)
    assert (outcome.status is Status.CLEAR) is clear


@pytest.mark.parametrize(
    ("keras", "asks", "refuses"),
    [("3.3.3", True, False), ("3.10.0", True, False), ("3.11.3", False, True), ("3.12.4", False, True)],
)
def test_keras_3_refuses_byte_code_of_h5_files_since_3_11_3(keras, asks, refuses):
    given = {"artifact": SICK, "serving": {"tensorflow-cpu": "2.19.1", "keras": keras}, "python": "3.11.7"}
    assert (ask("keras-lambda-of-another-python", **given).status is Status.FOUND) is asks
    assert (ask("keras-lambda-refused", **given).status is Status.FOUND) is refuses


def test_code_of_this_python():
    code = base64.b64encode(marshal.dumps((lambda x: x * 2).__code__)).decode()
    assert code_of([code, None, None]) is False
    assert code_of({"class_name": "__lambda__", "config": {"code": code}}) is False
    assert code_of("%%%") is None
    assert code_of("") is None
