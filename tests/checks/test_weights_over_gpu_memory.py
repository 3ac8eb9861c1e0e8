from __future__ import annotations

from doctor.model import Status
from tests.deployments import examine

CHECK = "weights-over-gpu-memory"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "A10G GPU has 24.0 GB" in first.finding.message


def test_what_is_told_of_quantization_makes_it_unknown(tmp_path):
    from doctor.deployment import Deployment
    from doctor.examine import ask as ask_check
    from tests.deployments import checks, plan_of

    plan = plan_of(f"sick/{CHECK}", tmp_path)
    check = next(c for c in checks() if c.id == CHECK)

    def told(**changes):
        return ask_check(check, Deployment(plan._replace(**changes))).status

    assert told() is Status.FOUND
    assert told(variables={"SM_VLLM_QUANTIZATION": "fp8"}) is Status.UNKNOWN
    assert told(instance_type="ml.g5.12xlarge") is Status.CLEAR
    assert told(instance_type="ml.m5.xlarge") is Status.CLEAR
    assert told(stack="huggingface") is Status.FOUND
    assert told(variables={"HF_MODEL_ID": "org/other"}) is Status.CLEAR
    assert told(instance_type="", endpoint="") is Status.UNKNOWN
