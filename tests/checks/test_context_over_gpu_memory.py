from __future__ import annotations

from pathlib import Path

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "context-over-gpu-memory"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message == (
        "one request of 32,768 tokens takes 4.00 GiB of cache, and nothing is left of the 14.8 GiB that CUDA sees of "
        "the T4 of ml.g4dn.xlarge"
    )
    assert "No available memory for the cache blocks" in first.finding.log


def test_a_length_that_is_set_and_larger_gpus(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)

    def told(**changes):
        return ask_check(check_of(), Deployment(plan._replace(**changes))).status

    assert told() is Status.FOUND
    assert told(variables={"SM_VLLM_MAX_MODEL_LEN": "4096"}) is Status.FOUND  # nothing is left of a T4
    assert told(variables={"SM_VLLM_QUANTIZATION": "fp8"}) is Status.UNKNOWN
    assert told(instance_type="ml.g5.xlarge") is Status.CLEAR
    assert told(stack="tei") is Status.CLEAR


def test_what_a_smaller_length_is_told(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(instance_type="ml.g5.xlarge")
    lengthened(plan)
    (found,) = ask_check(check_of(), Deployment(plan)).findings
    assert found.message.startswith("one request of 131,072 tokens takes 16.0 GiB of cache")
    assert found.fix == "SM_VLLM_MAX_MODEL_LEN=32768"


def test_a_length_that_is_asked_for(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(instance_type="ml.g5.xlarge")
    lengthened(plan)
    fits = {"SM_VLLM_MAX_MODEL_LEN": "32768"}
    assert ask_check(check_of(), Deployment(plan._replace(variables=fits))).status is Status.CLEAR
    over = {"SM_VLLM_MAX_MODEL_LEN": "100000"}
    (found,) = ask_check(check_of(), Deployment(plan._replace(variables=over))).findings
    assert found.evidence[0].where == "target:env/SM_VLLM_MAX_MODEL_LEN"


def test_a_tokenizer_that_admits_less(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(instance_type="ml.g5.xlarge")
    config = lengthened(plan)
    tokenizer = config.with_name("tokenizer_config.json")
    tokenizer.write_text(tokenizer.read_text().replace("131072", "4096"))
    assert ask_check(check_of(), Deployment(plan)).status is Status.CLEAR


def test_layers_with_a_window_keep_no_more_than_that(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(instance_type="ml.g5.xlarge")
    config = lengthened(plan)
    assert ask_check(check_of(), Deployment(plan)).status is Status.FOUND
    config.write_text(config.read_text().replace('"sliding_window": null', '"sliding_window": 4096'))
    assert ask_check(check_of(), Deployment(plan)).status is Status.CLEAR


def test_gpus_that_share_the_model_hold_more(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(instance_type="ml.g4dn.12xlarge")
    assert ask_check(check_of(), Deployment(plan)).status is Status.FOUND  # vLLM takes one of the four
    four = plan._replace(variables={"SM_VLLM_TENSOR_PARALLEL_SIZE": "4"})
    assert ask_check(check_of(), Deployment(four)).status is Status.CLEAR


def lengthened(plan):
    """Let a model take 131 072 tokens."""
    for name in ("tokenizer_config.json", "config.json"):
        file = Path(plan.artifact) / name
        file.write_text(file.read_text().replace("32768", "131072"))
    return file


def check_of():
    return next(c for c in checks() if c.id == CHECK)
