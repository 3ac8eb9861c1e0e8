"""pickle-bytecode-of-other-python: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from measurements.stored import objects
from tests.deployments import FIXTURES, ask, examine

DATA = FIXTURES.parent / "tests/formats/data/pickled"
HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def outcome_of(wrote, python):
    files = {"model.pkl": (DATA / f"lambda-{wrote}.pkl").read_bytes(), "code/inference.py": HANDLER}
    return ask("pickle-bytecode-of-other-python", artifact=files, serving={}, python=python, stack="sklearn")


def test_sick():
    first = examine("sick/pickle-bytecode-of-other-python").findings[0]
    assert first.check.id == "pickle-bytecode-of-other-python"
    assert "byte code of Python 3.11, and Python 3.10.13" in first.finding.message
    assert first.finding.log == "TypeError: code expected at most 16 arguments, got 18"
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("wrote", "python", "log"),
    [
        ("3.8", "3.11", "TypeError: code() argument 13 must be str, not int"),
        ("3.11", "3.8", "TypeError: code() takes at most 16 arguments (18 given)"),
        ("3.7", "3.8", "TypeError: an integer is required (got type bytes)"),
        ("3.7", "3.10", "TypeError: 'bytes' object cannot be interpreted as an integer"),
        ("3.7", "3.12", "TypeError: code expected at least 16 arguments, got 15"),
        ("3.10", "3.7", "TypeError: code() takes at most 15 arguments (16 given)"),
        ("3.11", "3.12", "Segmentation fault"),
        ("3.12", "3.11", "Segmentation fault"),
    ],
)
def test_the_line_that_each_python_logs(wrote, python, log):
    assert outcome_of(wrote, python).findings[0].log == log


@pytest.mark.parametrize(
    ("wrote", "python"),
    [("3.7", "3.6"), ("3.8", "3.8"), ("3.8", "3.9"), ("3.10", "3.10"), ("3.11", "3.11.7"), ("3.13", "3.13")],
)
def test_the_same_python_or_one_that_may_be(wrote, python):
    assert outcome_of(wrote, python).status is Status.CLEAR


@pytest.mark.parametrize(("wrote", "python"), [("3.8", "3.10"), ("3.10", "3.9")])
def test_3_10_counts_jumps_otherwise(wrote, python):
    assert outcome_of(wrote, python).findings[0].log == "Segmentation fault"


def measured(name, python):
    files = {"model.pkl": objects("cloudpickle")[name], "code/inference.py": HANDLER}
    return ask("pickle-bytecode-of-other-python", artifact=files, serving={}, python=python, stack="sklearn").status


@pytest.mark.parametrize(
    ("name", "python", "status"),
    [
        ("3.8+2.2.1/cloudpickle-plain", "3.10", Status.CLEAR),  # no jumps, and the same instructions
        ("3.10+2.2.1/cloudpickle-plain", "3.8", Status.CLEAR),
        ("3.8+2.2.1/cloudpickle-class", "3.9", Status.CLEAR),
        ("3.8+2.2.1/cloudpickle-class", "3.10", Status.FOUND),
        ("3.8+2.2.1/cloudpickle-looped", "3.9", Status.FOUND),  # builds its list with what 3.9 has no more
        ("3.7+2.2.1/cloudpickle-opened", "3.6", Status.FOUND),  # calls methods as 3.7 began to
        ("3.11+2.2.1/cloudpickle-plain", "3.12", Status.FOUND),  # another number of entries behind an instruction
        ("3.12+2.2.1/cloudpickle-plain", "3.12", Status.CLEAR),
    ],
)
def test_instructions_tell(name, python, status):
    assert measured(name, python) is status


def test_healthy():
    assert not examine("healthy/cloudpickle-same-python").findings
