"""lightgbm-pickle-skew: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

REGRESSOR = (FIXTURES / "sick/lightgbm-pickle-skew/model/model.joblib").read_bytes()


def test_names_the_versions_that_write_such_attributes():
    first = examine("sick/lightgbm-pickle-skew").findings[0]
    assert first.check.id == "lightgbm-pickle-skew"
    assert "a LGBMRegressor pickled with lightgbm 3.2 or 3.3" in first.finding.message
    assert "NoneType" in first.finding.log


def test_the_renamed_handle():
    first = examine("sick/lightgbm-pickle-skew--handle").findings[0]
    assert first.check.id == "lightgbm-pickle-skew"
    assert "lightgbm 4.0 or later" in first.finding.message
    assert first.finding.log == "AttributeError: 'Booster' object has no attribute 'handle'"


@pytest.mark.parametrize(
    ("reader", "status"), [("3.3.5", Status.CLEAR), ("3.2.1", Status.CLEAR), ("9.9", Status.UNKNOWN)]
)
def test_other_readers(reader, status):
    outcome = ask("lightgbm-pickle-skew", artifact={"model.joblib": REGRESSOR}, serving={"lightgbm": reader})
    assert outcome.status is status
