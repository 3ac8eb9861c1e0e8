"""pickle-protocol-too-new: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""
FIVE = b"\x80\x05K\x01."


def test_sick():
    first = examine("sick/pickle-protocol-too-new").findings[0]
    assert first.check.id == "pickle-protocol-too-new"
    assert "model.pkl is written in pickle protocol 5, and Python 3.7.16" in first.finding.message
    assert first.finding.likelihood is Likelihood.CERTAIN
    assert first.finding.log == "ValueError: unsupported pickle protocol: 5"


@pytest.mark.parametrize(("protocol", "python", "found"), [(5, "3.8", False), (5, "3.7", True), (4, "3.6", False)])
def test_python_reads_up_to_its_own(protocol, python, found):
    data = bytes([0x80, protocol]) + FIVE[2:]
    files = {"model.pkl": data, "code/inference.py": HANDLER}
    outcome = ask("pickle-protocol-too-new", artifact=files, serving={}, python=python, stack="sklearn")
    assert bool(outcome.findings) == found


def test_nothing_loads_it():
    files = {"old.pkl": FIVE, "code/inference.py": HANDLER}
    outcome = ask("pickle-protocol-too-new", artifact=files, serving={}, python="3.7", stack="sklearn")
    assert outcome.status is Status.CLEAR


def test_no_code_to_tell():
    outcome = ask("pickle-protocol-too-new", artifact={"model.pkl": FIVE}, serving={}, python="3.7")
    assert outcome.findings[0].likelihood is Likelihood.LIKELY


def test_the_fix_dumps_as_it_was_dumped():
    finding = examine("sick/pickle-protocol-too-new").findings[0].finding
    assert finding.fix.startswith("in training: pickle.dump(model, file, protocol=4)")
