"""sklearn-pickle-skew: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

HANDLER = """
import os, joblib
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""
FOREST = "sick/sklearn-pickle-skew/model/model.joblib"  # 1.2.2


def outcome_of(path, sklearn):
    files = {"model.joblib": (FIXTURES / path).read_bytes(), "code/inference.py": HANDLER}
    serving = {"scikit-learn": sklearn, "numpy": "1.26.4"}
    return ask("sklearn-pickle-skew", artifact=files, serving=serving, python="3.11", stack="sklearn")


def test_sick():
    first = examine("sick/sklearn-pickle-skew").findings[0]
    assert first.check.id == "sklearn-pickle-skew"
    assert "model.joblib was written by scikit-learn 1.2.2" in first.finding.message
    assert first.finding.log == "ValueError: node array from the pickle has an incompatible dtype:"
    assert first.finding.fix.startswith("echo scikit-learn==1.2.2 >> code/requirements.txt")
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("sklearn", "status"),
    [
        ("1.2.2", Status.CLEAR),
        ("1.2.1", Status.CLEAR),
        ("1.1.3", Status.CLEAR),
        ("1.3.0", Status.FOUND),
        ("1.3.1", Status.FOUND),
        ("1.9.1", Status.FOUND),
        ("1.3.0rc1", Status.UNKNOWN),  # between 1.2.2, which loads it, and 1.3.0, which doesn't
        ("2.0.0", Status.UNKNOWN),
    ],
)
def test_a_forest_of_1_2_2(sklearn, status):
    assert outcome_of(FOREST, sklearn).status is status


@pytest.mark.parametrize(
    ("sklearn", "status"), [("1.3.2", Status.CLEAR), ("1.5.2", Status.CLEAR), ("1.2.2", Status.FOUND)]
)
def test_a_forest_of_1_3_2(sklearn, status):
    assert outcome_of("sick/sklearn-predict-skew/model/model.joblib", sklearn).status is status


def test_boosted_trees_by_the_modules_that_they_name():
    files = {
        "model.joblib": (FIXTURES / "healthy/sklearn-numpy-2/model/model.pkl").read_bytes(),
        "code/inference.py": HANDLER,
    }
    serving = {"scikit-learn": "1.3.2", "numpy": "2.1.3"}
    found = ask("sklearn-pickle-skew", artifact=files, serving=serving, python="3.11", stack="sklearn").findings[0]
    assert found.log == "ModuleNotFoundError: No module named '_loss'"


@pytest.mark.parametrize("name", ["sklearn-1-2-linear-in-1-5", "isolation-forest-1-3-in-1-5"])
def test_healthy(name):
    assert not examine(f"healthy/{name}").findings
