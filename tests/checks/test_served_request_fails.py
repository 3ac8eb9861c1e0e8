"""Tests of the check served-request-fails."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import REQUEST, answer, served

ID = "served-request-fails"
LINE = "KeyError: 'coefficients'"
BAD = answer(500, head=LINE)


def outcome(**said):
    return ask(ID, serve=served(**said))


def test_the_sample_fails():
    (finding,) = outcome(answers=[BAD], line=LINE).findings
    assert finding.message == f"POST /invocations with the sample gets status 500: {LINE}"
    assert finding.log == LINE


def test_no_answer_in_time():
    (finding,) = outcome(answers=[answer(0, error="no answer within 60 s")], line="no answer within 60 s").findings
    assert finding.message == "POST /invocations with the sample gets no answer within 60 s"


def test_a_made_up_request_proves_nothing():
    assert outcome(answers=[BAD], request={**REQUEST, "source": "made"}).status is Status.UNKNOWN


def test_a_missing_network_proves_nothing():
    line = "OSError: [Errno -3] Temporary failure in name resolution"
    assert outcome(answers=[BAD], line=line).status is Status.UNKNOWN


def test_without_a_request_nothing_is_known():
    assert outcome(answers=[], request=None).status is Status.UNKNOWN


def test_answered_is_clear():
    assert outcome().status is Status.CLEAR
