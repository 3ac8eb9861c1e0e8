"""joblib-loaded-with-pickle: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "sick/joblib-loaded-with-pickle/model/model.joblib").read_bytes()
HANDLER = """
import os, joblib, pickle
def model_fn(model_dir):
    return {how}
"""


def outcome_of(how, data=MODEL):
    files = {"model.joblib": data, "code/inference.py": HANDLER.format(how=how)}
    return ask("joblib-loaded-with-pickle", artifact=files, stack="sklearn")


def test_sick():
    first = examine("sick/joblib-loaded-with-pickle").findings[0]
    assert first.check.id == "joblib-loaded-with-pickle"
    assert "raw arrays between its opcodes" in first.finding.message
    assert "pickle.load can't read it" in first.finding.message


def test_compressed():
    first = examine("sick/joblib-loaded-with-pickle--compressed").findings[0]
    assert first.check.id == "joblib-loaded-with-pickle"
    assert first.finding.log == "_pickle.UnpicklingError: invalid load key, 'x'."


def test_loaded_with_joblib():
    assert outcome_of('joblib.load(os.path.join(model_dir, "model.joblib"))').status is Status.CLEAR


@pytest.mark.parametrize("likelihood", [Likelihood.CERTAIN])
def test_opened_with_pickle(likelihood):
    found = outcome_of('pickle.load(open(os.path.join(model_dir, "model.joblib"), "rb"))').findings
    assert found[0].likelihood is likelihood


def test_joblib_without_arrays_is_a_plain_pickle():
    how = 'pickle.load(open(os.path.join(model_dir, "model.joblib"), "rb"))'
    assert outcome_of(how, b"\x80\x04K\x01.").status is Status.CLEAR
