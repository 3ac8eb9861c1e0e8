"""Tests of the check batch-dimension-fixed."""

from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

REFUSED = {"case": "batch of 2", "works": False, "failure": {"line": "RuntimeError: shapes cannot be multiplied"}}


def asked(said, cases=(REFUSED,)):
    row = {"name": "x", "means": ["batch", "features"], "size": [1, 4], "dims": [said, {"says": "fixed", "size": 4}]}
    value = {"inputs": [row], "cases": list(cases)}
    return ask("batch-dimension-fixed", shapes=Step("shapes", Ended.FINISHED, value=value))


def test_is_first_on_its_fixture():
    first = examine("sick/batch-dimension-fixed").findings[0]
    assert (first.check.id, first.check.severity) == ("batch-dimension-fixed", Severity.NOTE)
    assert "batches of 1 only" in first.finding.message
    assert "1x112 and 56x2" in first.finding.evidence[0].saw


def test_the_size_that_works_is_named():
    assert "batches of 8 only" in asked({"says": "fixed", "size": 8}).findings[0].message


def test_a_free_or_an_unknown_batch_is_clear():
    assert asked({"says": "free"}).status is Status.CLEAR
    assert asked({"says": "unknown"}).status is Status.CLEAR
