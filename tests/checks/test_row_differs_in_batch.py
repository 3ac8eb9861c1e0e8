"""Tests of the check row-differs-in-batch."""

from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

VALUE = {
    "way": "torch",
    "repeatable": True,
    "row_alone_equals": False,
    "row_difference": "row 0: 0.31 and 0.30",
    "training": {"after_load": False, "in_call": False},
}


def asked(**value):
    return ask("row-differs-in-batch", shapes=Step("shapes", Ended.FINISHED, value={**VALUE, **value}))


def test_is_first_on_its_fixture():
    first = examine("sick/row-differs-in-batch").findings[0]
    assert (first.check.id, first.check.severity) == ("row-differs-in-batch", Severity.WARNING)
    assert "row 0: 0.306" in first.finding.message


def test_what_is_quantized_for_the_whole_batch_is_clear():
    assert asked(quantized=True).status is Status.CLEAR


def test_answers_that_differ_anyway_say_nothing_of_batches():
    assert asked(repeatable=False).status is Status.CLEAR
    assert asked(generates=True).status is Status.CLEAR


def test_what_could_not_be_compared_is_clear():
    assert asked(row_alone_equals=None).status is Status.CLEAR


def test_a_format_that_may_quantize_unseen_is_unknown():
    assert asked(way="onnxruntime").status is Status.UNKNOWN


def test_a_mode_that_nobody_saw_is_unknown():
    assert asked(training={"after_load": True, "in_call": None}).status is Status.UNKNOWN
