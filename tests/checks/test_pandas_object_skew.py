"""pandas-object-skew: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Stage, Status
from measurements.stored import objects
from tests.deployments import ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def status(written, pandas):
    files = {"model.pkl": objects("pandas")[written], "code/inference.py": HANDLER}
    return ask("pandas-object-skew", artifact=files, serving={"pandas": pandas}, python="3.11", stack="sklearn").status


def test_the_fixture():
    first = examine("sick/pandas-object-skew").findings[0]
    assert first.check.id == "pandas-object-skew"
    assert first.check.stage is Stage.FIRST_REQUEST
    assert "makes a pandas.core.arrays.string_.StringDtype, which pandas 2.3.0 of" in first.finding.message
    assert first.finding.log == "AttributeError: 'StringDtype' object has no attribute '_na_value'"
    assert first.finding.fix.startswith("echo 'pandas==2.3.3'")  # run: it works there


@pytest.mark.parametrize(
    ("pandas", "expected"), [("2.2.3", Status.CLEAR), ("2.3.0", Status.FOUND), ("2.0.3", Status.CLEAR)]
)
def test_text_of_pandas_2_2(pandas, expected):
    assert status("2.2.3/Series-string-p4", pandas) is expected


def test_plain_numbers_are_clear():
    assert status("1.4.4/DataFrame-p4", "2.3.0") is Status.CLEAR
