"""sklearn-predict-skew: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

HANDLER = """
import os, joblib
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""
PREDICT = """
def predict_fn(data, model):
    return model.{method}(data)
"""


def outcome_of(path, sklearn, more=""):
    files = {"model.joblib": (FIXTURES / path).read_bytes(), "code/inference.py": HANDLER + more}
    serving = {"scikit-learn": sklearn, "numpy": "2.1.3"}
    return ask("sklearn-predict-skew", artifact=files, serving=serving, python="3.11", stack="sklearn")


@pytest.mark.parametrize(
    ("variant", "message", "log"),
    [
        (
            "",
            "its RandomForestClassifier, fitted with 1.3.2, fails on predict and predict_proba",
            "AttributeError: 'DecisionTreeClassifier' object has no attribute 'monotonic_cst'",
        ),
        (
            "--tfidf",
            "its TfidfVectorizer, fitted with 1.5.2, fails on transform",
            "sklearn.exceptions.NotFittedError: idf vector",
        ),
    ],
)
def test_sick(variant, message, log):
    first = examine(f"sick/sklearn-predict-skew{variant}").findings[0]
    assert first.check.id == "sklearn-predict-skew"
    assert message in first.finding.message
    assert first.finding.log.startswith(log)
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("sklearn", "status"),
    [("1.3.0", Status.CLEAR), ("1.4.0", Status.FOUND), ("1.8.0", Status.FOUND), ("1.9.1", Status.CLEAR)],
)
def test_a_forest_of_1_3_2(sklearn, status):
    assert outcome_of("sick/sklearn-predict-skew/model/model.joblib", sklearn).status is status


def test_what_fails_at_load_is_the_other_check():
    assert outcome_of("sick/sklearn-pickle-skew/model/model.joblib", "1.5.2").status is Status.CLEAR


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_through_the_handlers_own_predict_fn(method):
    path = "sick/sklearn-predict-skew/model/model.joblib"
    found = outcome_of(path, "1.5.2", PREDICT.format(method=method)).findings
    assert found[0].likelihood is Likelihood.CERTAIN


def test_a_method_that_works_is_all_that_is_called():
    path = "sick/sklearn-predict-skew/model/model.joblib"
    assert outcome_of(path, "1.5.2", PREDICT.format(method="decision_function")).status is Status.CLEAR


@pytest.mark.parametrize(
    ("sklearn", "status"), [("1.4.1", Status.FOUND), ("1.6.5", Status.FOUND), ("1.8.3", Status.UNKNOWN)]
)
def test_a_version_between_two_measured_ones(sklearn, status):
    assert outcome_of("sick/sklearn-predict-skew/model/model.joblib", sklearn).status is status


@pytest.mark.parametrize("name", ["sklearn-1-2-linear-in-1-5", "isolation-forest-1-3-in-1-5"])
def test_healthy(name):
    assert not examine(f"healthy/{name}").findings
