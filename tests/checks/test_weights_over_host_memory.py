from __future__ import annotations

from doctor.model import Status
from tests.deployments import examine

CHECK = "weights-over-host-memory"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "8 workers with 3.2 GB of weights each take 25.8 GB" in first.finding.message


def test_fewer_workers_and_more_memory(tmp_path):
    from doctor.deployment import Deployment
    from doctor.examine import ask as ask_check
    from tests.deployments import checks, plan_of

    plan = plan_of(f"sick/{CHECK}", tmp_path)
    check = next(c for c in checks() if c.id == CHECK)

    def told(**changes):
        return ask_check(check, Deployment(plan._replace(**changes))).status

    serverless = {"instance_type": "", "endpoint": "serverless"}
    assert told() is Status.FOUND
    assert told(variables={"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}) is Status.CLEAR
    assert told(instance_type="ml.m5.2xlarge") is Status.CLEAR
    assert told(instance_type="ml.g5.xlarge") is Status.CLEAR
    assert told(**serverless, memory=3072) is Status.FOUND
    assert told(**serverless, memory=4096) is Status.CLEAR
    assert told(**serverless, memory=0) is Status.UNKNOWN
