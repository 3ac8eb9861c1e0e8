from __future__ import annotations

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "workers-over-gpu-memory"


def told(plan, **changes):
    check = next(c for c in checks() if c.id == CHECK)
    return ask_check(check, Deployment(plan._replace(**changes))).status


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("4 workers on one GPU take 4.10 GiB each, 16.4 GiB in all, of 14.8 GiB")
    assert first.finding.fix == "--env SAGEMAKER_MODEL_SERVER_WORKERS=3"


def test_workers_that_all_take_the_first_gpu():
    first = examine(f"sick/{CHECK}--first-gpu").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("4 workers on the first GPU take 6.10 GiB each")
    assert "gpu_id" in first.finding.fix
    assert any("model.to(device)" in e.saw for e in first.finding.evidence)


def test_fewer_workers_and_a_gpu_for_each(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    assert told(plan) is Status.FOUND
    assert told(plan, variables={}) is Status.CLEAR
    assert told(plan, variables={"SAGEMAKER_MODEL_SERVER_WORKERS": "3"}) is Status.CLEAR
    assert told(plan, variables={"SAGEMAKER_MODEL_SERVER_WORKERS": "many"}) is Status.UNKNOWN
    assert told(plan, instance_type="ml.g5.xlarge") is Status.CLEAR
    # four workers on four GPUs, but the script says "cuda"
    assert told(plan, instance_type="ml.g4dn.12xlarge") is Status.FOUND


def test_a_worker_on_the_gpu_that_it_is_given(tmp_path):
    plan = plan_of("healthy/pytorch-worker-on-its-gpu", tmp_path)
    assert told(plan) is Status.CLEAR
    assert told(plan, variables={"SAGEMAKER_MODEL_SERVER_WORKERS": "12"}) is Status.FOUND
