from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "model-over-disk"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "a serverless endpoint has 5.4 GB of disk" in first.finding.message


def test_a_small_model_and_an_endpoint_whose_volume_can_be_chosen():
    small = {"model.joblib": b"x"}
    assert ask(CHECK, artifact=small, endpoint="serverless", stack="sklearn").status is Status.CLEAR
    assert ask(CHECK, artifact=small, endpoint="realtime", stack="sklearn").status is Status.CLEAR
    assert ask(CHECK, artifact=small, stack="sklearn").status is Status.UNKNOWN


def test_a_copy_by_the_model_server():
    assert "copies them once more" in examine(f"sick/{CHECK}--copied").findings[0].finding.message
