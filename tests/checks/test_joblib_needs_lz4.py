"""joblib-needs-lz4: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

HANDLER = """
import os, joblib
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""
MODEL = (FIXTURES / "sick/joblib-needs-lz4/model/model.joblib").read_bytes()


def outcome_of(serving, **more):
    files = {"model.joblib": MODEL, "code/inference.py": HANDLER}
    return ask("joblib-needs-lz4", artifact=files, serving=serving, python="3.11", stack="sklearn", **more)


def test_sick():
    first = examine("sick/joblib-needs-lz4").findings[0]
    assert first.check.id == "joblib-needs-lz4"
    assert "model.joblib is compressed with lz4" in first.finding.message
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("serving", "complete", "status"),
    [
        ({"joblib": "1.4.2", "lz4": "4.3.2"}, True, Status.CLEAR),
        ({"joblib": "1.4.2"}, True, Status.FOUND),
        ({"joblib": "1.4.2"}, False, Status.UNKNOWN),
    ],
)
def test_by_what_is_listed(serving, complete, status):
    from doctor.modules import by_names

    finds = by_names(serving, "3.11", complete=complete)
    assert outcome_of(serving, complete=complete, finds=finds).status is status


def test_other_compression():
    assert not examine("healthy/joblib-compressed").findings
