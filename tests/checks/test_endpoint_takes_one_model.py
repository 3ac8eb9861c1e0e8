from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask_together, examine

CHECK = "endpoint-takes-one-model"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert (
        first.finding.message == "a serverless endpoint serves one model, and 2 are given: north.tar.gz, south.tar.gz"
    )


def test_kinds_that_serve_several_and_one_model():
    two = {"a.tar.gz": {}, "b.tar.gz": {}}
    assert ask_together(CHECK, two, endpoint="serverless").status is Status.FOUND
    assert ask_together(CHECK, two, endpoint="multi-model").status is Status.CLEAR
    assert ask_together(CHECK, {"a.tar.gz": {}}, endpoint="serverless").status is Status.CLEAR
    assert ask_together(CHECK, two).status is Status.UNKNOWN
