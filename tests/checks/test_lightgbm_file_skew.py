"""lightgbm-file-skew: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

TEXT = (FIXTURES / "sick/lightgbm-file-skew/model/model.txt").read_bytes()


def test_names_both_versions():
    first = examine("sick/lightgbm-file-skew").findings[0]
    assert first.check.id == "lightgbm-file-skew"
    assert "saved by lightgbm 4.5.0, and lightgbm 4.0.0 fails to load it" in first.finding.message
    assert first.finding.log == "lightgbm.basic.LightGBMError: unordered_map::at"


@pytest.mark.parametrize(
    ("reader", "status"),
    [
        ("4.5.0", Status.CLEAR),
        ("4.6.0", Status.CLEAR),
        ("4.4.0", Status.CLEAR),  # between two that read it
        ("4.2.0", Status.UNKNOWN),  # between one that does and one that doesn't
        ("9.9", Status.UNKNOWN),
    ],
)
def test_other_readers(reader, status):
    outcome = ask("lightgbm-file-skew", artifact={"model.txt": TEXT}, serving={"lightgbm": reader})
    assert outcome.status is status
