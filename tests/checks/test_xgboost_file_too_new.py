"""xgboost-file-too-new: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

JSON = (FIXTURES / "sick/xgboost-file-too-new/model/model.json").read_bytes()
LINEAR = (FIXTURES / "healthy/xgboost-linear-json-in-1-5/model/model.json").read_bytes()


def test_quotes_both_versions():
    first = examine("sick/xgboost-file-too-new").findings[0]
    assert first.check.id == "xgboost-file-too-new"
    assert "model.json was saved by xgboost 3.2.0 as JSON" in first.finding.message
    assert "1.5.2" in first.finding.message


def test_universal_json_under_any_name():
    first = examine("sick/xgboost-file-too-new--ubjson").findings[0]
    assert first.check.id == "xgboost-file-too-new"
    assert "UBJSON" in first.finding.message


def test_1_6_reads_it():
    outcome = ask("xgboost-file-too-new", artifact={"model.json": JSON}, serving={"xgboost": "1.6.2"})
    assert outcome.status is Status.CLEAR


def test_json_that_1_5_wrote_is_read_by_all():
    old = JSON.replace(b'"version":[3,2,0]', b'"version":[1,5,2]')
    assert ask("xgboost-file-too-new", artifact={"m.json": old}, serving={"xgboost": "1.5.2"}).status is Status.CLEAR


def test_a_linear_booster_has_no_splits():
    outcome = ask("xgboost-file-too-new", artifact={"model.json": LINEAR}, serving={"xgboost": "1.5.2"})
    assert outcome.status is Status.CLEAR


def test_versions_that_were_not_measured_are_unknown():
    outcome = ask("xgboost-file-too-new", artifact={"model.json": JSON}, serving={"xgboost": "0.90"})
    assert outcome.status is Status.UNKNOWN
