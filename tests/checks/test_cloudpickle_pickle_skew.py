"""cloudpickle-pickle-skew: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

MODEL = FIXTURES / "sick/cloudpickle-pickle-skew/model"


def test_sick():
    first = examine("sick/cloudpickle-pickle-skew").findings[0]
    assert first.check.id == "cloudpickle-pickle-skew"
    assert (
        "model.pkl names cloudpickle.cloudpickle._function_setstate, which cloudpickle 2.2.1" in first.finding.message
    )
    assert first.finding.log.startswith("AttributeError: Can't get attribute '_function_setstate'")
    assert first.finding.likelihood is Likelihood.CERTAIN


@pytest.mark.parametrize(
    ("cloudpickle", "status"), [("3.1.2", Status.CLEAR), ("3.0.0", Status.UNKNOWN), ("2.2.1", Status.FOUND)]
)
def test_by_version(cloudpickle, status):
    files = {p: (MODEL / p).read_bytes() for p in ("model.pkl", "code/inference.py")}
    serving = {"cloudpickle": cloudpickle}
    outcome = ask("cloudpickle-pickle-skew", artifact=files, serving=serving, python="3.12", stack="sklearn")
    assert outcome.status is status
