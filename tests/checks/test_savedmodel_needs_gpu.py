from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "savedmodel-needs-gpu"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "has CudnnRNN, and ml.m5.xlarge has no GPU" in first.finding.message


def test_with_a_gpu_and_without_the_operator():
    given = {"stack": "tensorflow-serving"}
    assert ask(CHECK, artifact=files(f"sick/{CHECK}"), **given, instance="ml.g5.xlarge").status is Status.CLEAR
    assert ask(CHECK, artifact=files(f"sick/{CHECK}"), **given).status is Status.UNKNOWN
    assert ask(CHECK, artifact=files(f"sick/{CHECK}"), **given, endpoint="serverless").status is Status.FOUND
    assert ask(CHECK, artifact=files("healthy/savedmodel-at-1"), **given).status is Status.CLEAR
