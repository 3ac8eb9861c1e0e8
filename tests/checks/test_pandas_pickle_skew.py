"""pandas-pickle-skew: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def outcome_of(fixture, pandas):
    data = (FIXTURES / fixture / "model/model.pkl").read_bytes()
    files = {"model.pkl": data, "code/inference.py": HANDLER}
    return ask("pandas-pickle-skew", artifact=files, serving={"pandas": pandas}, python="3.11", stack="sklearn")


@pytest.mark.parametrize(
    ("variant", "message", "log"),
    [
        (
            "",
            "makes a pandas.StringDtype with 2 arguments",
            "TypeError: StringDtype.__init__() takes from 1 to 2 positional arguments",
        ),
        (
            "--integer-index",
            "names pandas.core.indexes.numeric",
            "ModuleNotFoundError: No module named 'pandas.core.indexes.numeric'",
        ),
    ],
)
def test_sick(variant, message, log):
    first = examine(f"sick/pandas-pickle-skew{variant}").findings[0]
    assert first.check.id == "pandas-pickle-skew"
    assert message in first.finding.message
    assert first.finding.log.startswith(log)
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("pandas", "status"),
    [("1.5.3", Status.CLEAR), ("1.5.0", Status.CLEAR), ("2.0.0", Status.FOUND), ("3.0.0", Status.FOUND)],
)
def test_an_integer_index_of_pandas_1(pandas, status):
    assert outcome_of("sick/pandas-pickle-skew--integer-index", pandas).status is status


@pytest.mark.parametrize(
    ("pandas", "status"), [("3.0.0", Status.CLEAR), ("2.3.3", Status.FOUND), ("1.3.5", Status.FOUND)]
)
def test_text_of_pandas_3(pandas, status):
    assert outcome_of("sick/pandas-pickle-skew", pandas).status is status


@pytest.mark.parametrize(
    ("pandas", "status"),
    [("1.3.5", Status.FOUND), ("1.3.9", Status.UNKNOWN), ("1.4.1", Status.CLEAR), ("3.0.0", Status.CLEAR)],
)
def test_a_plain_table(pandas, status):
    assert outcome_of("healthy/pandas-1-5-table-in-2-2", pandas).status is status


def test_healthy():
    assert not examine("healthy/pandas-1-5-table-in-2-2").findings
