from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "image-of-another-region"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message == "the image lies in us-east-1, and the endpoint is in eu-west-1"


def test_another_account():
    first = examine(f"sick/{CHECK}--account").findings[0]
    assert "692866216735" in first.finding.fix


def test_images_of_ones_own_and_no_region():
    own = "111122223333.dkr.ecr.eu-south-1.amazonaws.com/pytorch-inference:2"
    assert ask(CHECK, reference=own, region="eu-south-1").status is Status.CLEAR
    assert ask(CHECK, reference="python:3.12", region="eu-south-1").status is Status.CLEAR
    assert ask(CHECK, reference=own).status is Status.UNKNOWN
