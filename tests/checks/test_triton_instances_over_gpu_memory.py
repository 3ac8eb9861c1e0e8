from __future__ import annotations

from pathlib import Path

import pytest

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "triton-instances-over-gpu-memory"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("4 instances of wide have 4.00 GiB of weights each, 16.0 GiB in all")
    assert first.finding.fix == "instance_group [{ count: 3 kind: KIND_GPU }] in wide/config.pbtxt"


@pytest.mark.parametrize(
    ("group", "instance", "status"),
    [
        ("count: 4 kind: KIND_GPU", "ml.g4dn.12xlarge", Status.FOUND),  # on each of the four
        ("count: 3 kind: KIND_GPU", "ml.g4dn.xlarge", Status.CLEAR),
        ("count: 4 kind: KIND_GPU gpus: [ 1 ]", "ml.g4dn.12xlarge", Status.CLEAR),
        ("count: 4 kind: KIND_CPU", "ml.g4dn.xlarge", Status.CLEAR),
        ("count: 4 kind: KIND_GPU", "ml.g5.xlarge", Status.CLEAR),
        ("count: 4 kind: KIND_GPU", "ml.c5.9xlarge", Status.CLEAR),
    ],
)
def test_groups_and_gpus(tmp_path, group, instance, status):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(instance_type=instance)
    config = Path(plan.artifact) / "wide" / "config.pbtxt"
    config.write_text(config.read_text().replace("count: 4 kind: KIND_GPU", group))
    check = next(c for c in checks() if c.id == CHECK)
    assert ask_check(check, Deployment(plan)).status is status
