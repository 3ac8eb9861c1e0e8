"""xgboost-file-misnamed: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

BINARY = (FIXTURES / "sick/xgboost-file-misnamed/model/model.ubj").read_bytes()
JSON = (FIXTURES / "sick/xgboost-file-too-new/model/model.json").read_bytes()


def test_says_what_the_name_and_the_bytes_are():
    first = examine("sick/xgboost-file-misnamed").findings[0]
    assert first.check.id == "xgboost-file-misnamed"
    assert "model.ubj is named as UBJSON and holds the binary format" in first.finding.message
    assert first.finding.fix.startswith("mv model.ubj model.bin")


@pytest.mark.parametrize(
    ("name", "data", "version", "status"),
    [
        ("model.ubj", JSON, "2.0.3", Status.FOUND),
        ("model.json", BINARY, "1.5.2", Status.FOUND),
        ("model.ubj", BINARY, "1.5.2", Status.CLEAR),  # it knows no .ubj and goes by the bytes
        ("model.json", JSON, "2.0.3", Status.CLEAR),
        ("model.bin", JSON, "2.0.3", Status.CLEAR),
        ("xgboost-model", BINARY, "2.0.3", Status.CLEAR),
    ],
)
def test_only_the_endings_that_are_believed_matter(name, data, version, status):
    outcome = ask("xgboost-file-misnamed", artifact={name: data}, serving={"xgboost": version})
    assert outcome.status is status
