from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "payload-over-endpoint-limit"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "a serverless endpoint takes 4,194,304 at most" in first.finding.message


def test_exactly_the_limit_and_other_kinds():
    for endpoint, size in (("serverless", 4 << 20), ("realtime", 5 << 20), ("async", 30 << 20), ("batch", 50 << 20)):
        assert ask(CHECK, sample=b" " * size, endpoint=endpoint).status is Status.CLEAR, endpoint
    assert ask(CHECK, sample=b" " * ((25 << 20) + 1), endpoint="realtime").status is Status.FOUND


def test_without_the_kind_of_endpoint():
    assert ask(CHECK, sample=b" " * (30 << 20)).status is Status.UNKNOWN
