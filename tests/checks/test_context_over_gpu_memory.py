from __future__ import annotations

from doctor.model import Status
from tests.deployments import examine

CHECK = "context-over-gpu-memory"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "one request of 32,768 tokens takes 4.3 GB of cache" in first.finding.message


def test_a_length_that_is_set_and_larger_gpus(tmp_path):
    from doctor.deployment import Deployment
    from doctor.examine import ask as ask_check
    from tests.deployments import checks, plan_of

    plan = plan_of(f"sick/{CHECK}", tmp_path)
    check = next(c for c in checks() if c.id == CHECK)

    def told(**changes):
        return ask_check(check, Deployment(plan._replace(**changes))).status

    assert told() is Status.FOUND
    assert told(variables={"SM_VLLM_MAX_MODEL_LEN": "4096"}) is Status.UNKNOWN
    assert told(instance_type="ml.g5.xlarge") is Status.CLEAR
    assert told(stack="tgi") is Status.CLEAR
