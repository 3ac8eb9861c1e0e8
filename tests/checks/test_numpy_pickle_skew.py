"""numpy-pickle-skew: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def outcome_of(fixture, numpy, name="model.pkl"):
    data = (FIXTURES / fixture / "model" / name).read_bytes()
    files = {name: data, "code/inference.py": HANDLER.replace("model.pkl", name)}
    return ask("numpy-pickle-skew", artifact=files, serving={"numpy": numpy}, python="3.11", stack="sklearn")


@pytest.mark.parametrize(
    ("variant", "message", "log"),
    [
        ("", "needs NumPy 1.26.1 or newer", "ModuleNotFoundError: No module named 'numpy._core'"),
        ("--protocol-5", "needs NumPy 2.0.0 or newer", "ModuleNotFoundError: No module named 'numpy._core.numeric'"),
        (
            "--random-generator",
            "needs NumPy 2.0.0 or newer",
            "ValueError: <class 'numpy.random._mt19937.MT19937'> is not a known BitGenerator module.",
        ),
    ],
)
def test_sick(variant, message, log):
    first = examine(f"sick/numpy-pickle-skew{variant}").findings[0]
    assert first.check.id == "numpy-pickle-skew"
    assert message in first.finding.message
    assert first.finding.log == log
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(("numpy", "found"), [("1.23.5", True), ("1.26.0", True), ("1.26.1", False), ("2.4.0", False)])
def test_names_of_numpy_2(numpy, found):
    assert bool(outcome_of("sick/numpy-pickle-skew", numpy).findings) == found


@pytest.mark.parametrize(("numpy", "log"), [("1.25.2", "'numpy._core'"), ("1.26.4", "'numpy._core.numeric'")])
def test_the_line_is_that_of_the_first_name_that_fails(numpy, log):
    assert outcome_of("sick/numpy-pickle-skew--protocol-5", numpy).findings[0].log.endswith(log)


def test_numpy_1_under_numpy_2():
    outcome = outcome_of("healthy/sklearn-1-2-linear-in-1-5", "2.1.3", "model.joblib")
    assert outcome.status is Status.CLEAR


@pytest.mark.parametrize("name", ["sklearn-numpy-2", "sklearn-numpy-2-names-in-1-26"])
def test_healthy(name):
    assert not examine(f"healthy/{name}").findings
