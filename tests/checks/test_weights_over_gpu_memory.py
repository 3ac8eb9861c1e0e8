from __future__ import annotations

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "weights-over-gpu-memory"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "the weights take 24.2 GiB and CUDA's context 224 MiB at least" in first.finding.message
    assert "CUDA sees 22.2 GiB of the A10G of ml.g5.xlarge" in first.finding.message
    assert first.finding.fix.startswith("--instance-type ml.g6e.xlarge: its L40S has 44.4 GiB")


def test_what_is_told_of_quantization_makes_it_unknown(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    check = next(c for c in checks() if c.id == CHECK)

    def told(**changes):
        return ask_check(check, Deployment(plan._replace(**changes))).status

    assert told() is Status.FOUND
    assert told(variables={"SM_VLLM_QUANTIZATION": "fp8"}) is Status.UNKNOWN
    four = {"instance_type": "ml.g5.12xlarge"}
    assert told(**four, variables={"SM_VLLM_TENSOR_PARALLEL_SIZE": "4"}) is Status.CLEAR
    assert told(**four, variables={"SM_VLLM_PIPELINE_PARALLEL_SIZE": "4"}) is Status.CLEAR
    assert told(**four) is Status.FOUND  # vLLM takes one GPU unless told otherwise
    assert told(**four, stack="tgi") is Status.CLEAR
    assert told(instance_type="ml.g6e.xlarge") is Status.CLEAR
    assert told(instance_type="ml.m5.xlarge") is Status.CLEAR
    assert told(stack="huggingface") is Status.FOUND
    assert told(variables={"HF_MODEL_ID": "org/other"}) is Status.CLEAR
    assert told(instance_type="", endpoint="") is Status.UNKNOWN


def test_a_gpu_of_another_generation():
    first = examine(f"sick/{CHECK}--k80").findings[0]
    assert first.check.id == CHECK
    assert "CUDA sees 11.2 GiB of the K80 of ml.p2.xlarge" in first.finding.message
    assert [e.where for e in first.finding.evidence] == [
        "artifact:model.safetensors", "artifact:code/inference.py:25", "artifact:code/inference.py:26",
        "target:instance", "target:gpu-memory",
    ]  # fmt: skip


def test_a_server_of_large_models_on_several_gpus(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(instance_type="ml.g5.12xlarge")
    check = next(c for c in checks() if c.id == CHECK)
    (found,) = ask_check(check, Deployment(plan)).findings
    assert found.fix == "--env SM_VLLM_TENSOR_PARALLEL_SIZE=4"
    assert any(e.saw == "not set: vLLM uses one GPU" for e in found.evidence)
