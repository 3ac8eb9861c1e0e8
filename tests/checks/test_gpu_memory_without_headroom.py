from __future__ import annotations

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "gpu-memory-without-headroom"


def told(plan, **changes):
    check = next(c for c in checks() if c.id == CHECK)
    return ask_check(check, Deployment(plan._replace(**changes))).status


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("21.3 GiB of weights and CUDA's context leave 802 MiB of the 22.1 GiB")
    assert first.finding.fix.startswith("--instance-type ml.g6e.xlarge")


def test_room_for_requests_is_clear(tmp_path):
    plan = plan_of("healthy/pytorch-with-headroom", tmp_path)
    assert told(plan) is Status.CLEAR
    assert told(plan, instance_type="ml.m5.12xlarge") is Status.CLEAR


def test_what_is_too_much_is_another_check_s(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    assert told(plan, instance_type="ml.g4dn.xlarge") is Status.CLEAR
    assert told(plan, instance_type="ml.g6e.xlarge") is Status.CLEAR
    assert told(plan, instance_type="") is Status.UNKNOWN


def test_several_workers_share_what_there_is(tmp_path):
    plan = plan_of("healthy/pytorch-two-workers-on-one-gpu", tmp_path)
    assert told(plan) is Status.CLEAR
    four = {"instance_type": "ml.g5.xlarge", "variables": {"SAGEMAKER_MODEL_SERVER_WORKERS": "4"}}
    assert told(plan, **four) is Status.FOUND  # 21.3 of 22.1 GiB
