from __future__ import annotations

from pathlib import Path

import pytest

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "torch-not-built-for-gpu"


@pytest.fixture
def told(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    check = next(c for c in checks() if c.id == CHECK)

    def status(version, cuda, instance):
        freeze = Path(plan.serving).read_text().replace("torch==2.5.1", f"torch=={version}")
        lines = [line for line in freeze.splitlines() if not line.startswith("nvidia-")]
        serving = tmp_path / "serving.txt"
        serving.write_text("\n".join([*lines, *([cuda] if cuda else [])]))
        return ask_check(check, Deployment(plan._replace(serving=str(serving), instance_type=instance))).status

    return status


@pytest.mark.parametrize(("fixture", "said"), [("", "(sm_120)"), ("--k80", "(sm_37)")])
def test_is_told_first(fixture, said):
    first = examine(f"sick/{CHECK}{fixture}").findings[0]
    assert first.check.id == CHECK
    assert said in first.finding.message
    assert first.finding.message.endswith("it has sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90")


@pytest.mark.parametrize(
    ("version", "cuda", "instance", "status"),
    [
        ("2.7.0+cu128", "", "ml.g7e.2xlarge", Status.CLEAR),
        ("2.6.0+cu124", "", "ml.g7e.2xlarge", Status.FOUND),
        ("2.6.0+cu124", "", "ml.g6.xlarge", Status.CLEAR),  # sm_86 runs on 8.9
        ("2.6.0+cu118", "", "ml.p5.48xlarge", Status.CLEAR),
        ("1.13.1+cu117", "", "ml.p5.48xlarge", Status.FOUND),
        ("1.12.1+cu102", "", "ml.g5.xlarge", Status.FOUND),
        ("1.13.1+cu117", "", "ml.p2.xlarge", Status.CLEAR),
        ("2.13.0+cu130", "", "ml.p3.2xlarge", Status.FOUND),
        ("2.13.0", "nvidia-cuda-runtime==13.0.96", "ml.p3.2xlarge", Status.FOUND),
        ("2.13.0", "nvidia-cuda-runtime==13.0.96", "ml.p6-b300.48xlarge", Status.CLEAR),  # sm_100 runs on 10.3
        ("2.15.0+cu132", "", "ml.p3.2xlarge", Status.UNKNOWN),
        ("2.13.0+cpu", "", "ml.g7e.2xlarge", Status.CLEAR),
        ("2.5.1", "", "ml.g7e.2xlarge", Status.CLEAR),  # a build of somebody's own
        ("2.6.0+cu124", "", "ml.m5.xlarge", Status.CLEAR),
    ],
)
def test_a_build_and_a_gpu(told, version, cuda, instance, status):
    assert told(version, cuda, instance) is status
