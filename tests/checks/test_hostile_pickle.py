"""hostile-pickle: the fixtures first, near misses clear."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def outcome_of(data):
    return ask("hostile-pickle", artifact={"model.pkl": data, "code/inference.py": HANDLER}, stack="sklearn")


class Calls:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def test_sick():
    first = examine("sick/hostile-pickle").findings[0]
    assert first.check.id == "hostile-pickle"
    assert "calls posix.system('echo the pickle ran this > /dev/null')" in first.finding.message


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("function", [eval, exec, os.system, os.popen, os.remove])
def test_calls_of_functions_that_act(protocol, function):
    found = outcome_of(pickle.dumps([1, {"model": Calls(function, "x")}], protocol)).findings
    assert function.__name__ in found[0].message
    assert found[0].likelihood is Likelihood.CERTAIN


def test_subprocess():
    import subprocess

    assert outcome_of(pickle.dumps(Calls(subprocess.Popen, ["ls"]))).findings


@pytest.mark.parametrize("value", [os.system, eval, [Calls(getattr, Path("a"), "name")], Calls(dict, [("a", 1)])])
def test_named_and_not_called(value):
    assert outcome_of(pickle.dumps(value)).status is Status.CLEAR


def test_where_nothing_loads_it():
    outcome = ask("hostile-pickle", artifact={"other.pkl": pickle.dumps(Calls(os.system, "x"))}, stack="pytorch")
    assert outcome.findings


def test_pickles_of_real_libraries():
    for path in sorted(FIXTURES.glob("healthy/*/model/**/*")):
        if path.suffix in {".pkl", ".joblib"}:
            assert not outcome_of(path.read_bytes()).findings, path
