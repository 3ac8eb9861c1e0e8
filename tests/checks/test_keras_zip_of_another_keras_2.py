"""keras-zip-of-another-keras-2: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "sick/keras-zip-of-another-keras-2/model/model.keras").read_bytes()


def test_names_both_versions():
    first = examine("sick/keras-zip-of-another-keras-2").findings[0]
    assert first.check.id == "keras-zip-of-another-keras-2"
    assert "Keras 2.15.0 in a layout that Keras 2.13 (tensorflow 2.13.1)" in first.finding.message


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2.15.0", Status.CLEAR),
        ("2.14.1", Status.FOUND),
        ("2.11.0", Status.FOUND),
        ("2.12.0", Status.FOUND),
        ("2.7.0", Status.FOUND),
    ],
)
def test_readers(version, status):
    outcome = ask("keras-zip-of-another-keras-2", artifact={"m.keras": MODEL}, serving={"tensorflow": version})
    assert outcome.status is status


def test_the_log():
    log = examine("sick/keras-zip-of-another-keras-2").findings[0].finding.log
    assert log == "variables, but received 0 variables during loading."
