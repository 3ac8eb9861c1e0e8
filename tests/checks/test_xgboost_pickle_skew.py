"""xgboost-pickle-skew: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

CLASSIFIER = (FIXTURES / "sick/xgboost-pickle-skew/model/model.joblib").read_bytes()


def test_names_class_versions_and_the_attribute_that_is_gone():
    first = examine("sick/xgboost-pickle-skew").findings[0]
    assert first.check.id == "xgboost-pickle-skew"
    assert "XGBClassifier pickled with xgboost 1.5.2" in first.finding.message
    assert "fails to load with xgboost 3.2.0" in first.finding.message
    assert "XGBoostLabelEncoder" in first.finding.log


def test_one_that_loads_and_cannot_predict():
    first = examine("sick/xgboost-pickle-skew--predict").findings[0]
    assert first.check.id == "xgboost-pickle-skew"
    assert "fails to predict with xgboost 1.7.6" in first.finding.message


@pytest.mark.parametrize(
    ("writer", "reader", "status"),
    [
        ("3.2.0", "3.2.0", Status.CLEAR),
        ("1.7.6", "3.2.0", Status.CLEAR),
        ("1.7.6", "3.1.0", Status.CLEAR),  # between two measured versions that agree
        ("1.5.2", "1.7.6", Status.FOUND),
        ("1.8.0", "1.7.6", Status.UNKNOWN),  # between two that don't
        ("4.0.0", "3.2.0", Status.UNKNOWN),
    ],
)
def test_pairs_of_versions(writer, reader, status):
    files = {"model.joblib": CLASSIFIER}
    outcome = ask("xgboost-pickle-skew", artifact=files, training={"xgboost": writer}, serving={"xgboost": reader})
    assert outcome.status is status


def test_a_pickle_of_something_else_is_clear():
    files = {"model.pkl": b"\x80\x04]\x94."}
    outcome = ask("xgboost-pickle-skew", artifact=files, training={"xgboost": "1.5.2"}, serving={"xgboost": "3.2.0"})
    assert outcome.status is Status.CLEAR
