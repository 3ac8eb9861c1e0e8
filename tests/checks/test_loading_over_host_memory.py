from __future__ import annotations

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "loading-over-host-memory"


def told(plan, **changes):
    check = next(c for c in checks() if c.id == CHECK)
    return ask_check(check, Deployment(plan._replace(**changes))).status


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith(
        "loading takes 20.1 GiB of the host's memory at least, and ml.g5.xlarge has"
    )
    assert first.finding.fix == "--instance-type ml.g5.2xlarge: it has 32,768 MiB of memory"


def test_the_next_sizes_and_gpus_apart(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    assert told(plan) is Status.FOUND
    assert told(plan, instance_type="ml.g5.2xlarge") is Status.CLEAR
    assert told(plan, instance_type="ml.c5.2xlarge") is Status.FOUND
    assert told(plan, instance_type="") is Status.UNKNOWN


def test_workers_that_moved_their_model_to_the_gpu_have_none_on_the_host(tmp_path):
    plan = plan_of("sick/workers-over-gpu-memory", tmp_path)  # four times 4 GiB, of 16
    assert told(plan) is Status.CLEAR
    assert told(plan, instance_type="ml.c5.2xlarge") is Status.FOUND


def test_workers_on_the_host_each_have_a_copy():
    report = examine("sick/weights-over-host-memory")
    assert [f.check.id for f in report.findings[:2]] == ["weights-over-host-memory", CHECK]
    assert report.findings[1].because_of == "weights-over-host-memory"
