"""pickle-truncated: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def test_sick():
    report = examine("sick/pickle-truncated")
    assert [f.check.id for f in report.findings] == ["pickle-truncated"]
    assert report.findings[0].finding.message == "model.pkl ends after 664 bytes, before its pickle does"
    assert report.findings[0].finding.log == "_pickle.UnpicklingError: pickle data was truncated"


@pytest.mark.parametrize("rest", [b"", b"\n", b"more behind it"])
def test_whole(rest):
    files = {"model.pkl": b"\x80\x04K\x01." + rest, "code/inference.py": HANDLER}
    assert ask("pickle-truncated", artifact=files, stack="sklearn").status is Status.CLEAR


def test_one_byte_short():
    files = {"model.pkl": b"\x80\x04K\x01", "code/inference.py": HANDLER}
    assert ask("pickle-truncated", artifact=files, stack="sklearn").findings[0].likelihood is Likelihood.CERTAIN
