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
    ("reader", "status"),
    [
        ("1.5.2", Status.CLEAR),
        ("1.4.2", Status.CLEAR),  # between two that read it
        ("1.7.6", Status.FOUND),
        ("2.0.1", Status.UNKNOWN),  # between two that fail at different steps
        ("2.1.0", Status.FOUND),  # between two that fail alike
        ("9.0.0", Status.UNKNOWN),
    ],
)
def test_the_version_that_the_booster_records_against_the_serving_one(reader, status):
    outcome = ask("xgboost-pickle-skew", artifact={"model.joblib": CLASSIFIER}, serving={"xgboost": reader})
    assert outcome.status is status


def test_a_version_between_two_measured_ones_is_said_to_be_judged_by_them():
    found = ask("xgboost-pickle-skew", artifact={"model.joblib": CLASSIFIER}, serving={"xgboost": "2.1.0"}).findings[0]
    assert any("between measured versions" in e.saw and "2.0.3" in e.saw for e in found.evidence)


def test_a_pickle_of_something_else_is_clear():
    files = {"model.pkl": b"\x80\x04]\x94."}
    outcome = ask("xgboost-pickle-skew", artifact=files, training={"xgboost": "1.5.2"}, serving={"xgboost": "3.2.0"})
    assert outcome.status is Status.CLEAR
