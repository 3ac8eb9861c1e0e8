"""joblib-arrays-aligned: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

MODEL = FIXTURES / "sick/joblib-arrays-aligned/model"


def outcome_of(packages):
    files = {p: (MODEL / p).read_bytes() for p in ("model.joblib", "code/inference.py")}
    return ask("joblib-arrays-aligned", artifact=files, serving=packages, python="3.8", stack="sklearn")


def test_sick():
    first = examine("sick/joblib-arrays-aligned").findings[0]
    assert first.check.id == "joblib-arrays-aligned"
    assert "model.joblib was written by joblib 1.2.0 or newer, whose arrays 1.1.1" in first.finding.message
    assert first.finding.log == "KeyError: ..."
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("joblib", "status"), [("1.1.1", Status.FOUND), ("0.14.1", Status.FOUND), ("1.2.0", Status.CLEAR)]
)
def test_by_version(joblib, status):
    assert outcome_of({"joblib": joblib, "numpy": "1.22.4"}).status is status


def test_without_arrays_nothing_is_aligned():
    files = {"model.pkl": b"\x80\x04}\x94.", "code/inference.py": (MODEL / "code/inference.py").read_bytes()}
    assert not ask("joblib-arrays-aligned", artifact=files, serving={"joblib": "1.0.1"}, stack="sklearn").findings
