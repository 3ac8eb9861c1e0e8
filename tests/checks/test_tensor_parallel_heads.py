from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama


def status(degree, stack="vllm", name="SM_VLLM_TENSOR_PARALLEL_SIZE", **changes):
    return ask("tensor-parallel-heads", artifact=llama(**changes), stack=stack, env={name: degree}).status


def test_the_fixtures():
    first = examine("sick/tensor-parallel-heads").findings[0]
    assert first.check.id == "tensor-parallel-heads"
    assert "52 attention heads" in first.finding.message and first.finding.fix.endswith("=2")
    first = examine("sick/tensor-parallel-heads--djl").findings[0]
    assert first.check.id == "tensor-parallel-heads"
    assert first.finding.evidence[1].where == "artifact:serving.properties:3"


def test_a_divisor_is_clear():
    assert status("4") is Status.CLEAR
    assert status("3") is Status.FOUND
    assert status("3", num_attention_heads=None) is Status.CLEAR
    assert status("x") is Status.CLEAR


def test_other_stacks_and_names():
    assert status("3", "tgi", "SM_NUM_GPUS") is Status.FOUND
    assert status("3", "tgi", "SM_VLLM_TENSOR_PARALLEL_SIZE") is Status.CLEAR
    assert status("3", "huggingface") is Status.CLEAR
    assert status("3", "djl", "OPTION_TENSOR_PARALLEL_DEGREE") is Status.CLEAR  # nothing says that it is vLLM


def test_the_part_of_a_model_that_reads():
    text = {"num_hidden_layers": 2, "num_attention_heads": 6}
    assert status("3", text_config=text) is Status.CLEAR
    assert status("4", text_config=text) is Status.FOUND


def test_a_model_from_elsewhere_is_clear():
    env = {"SM_VLLM_MODEL": "owner/name", "SM_VLLM_TENSOR_PARALLEL_SIZE": "3"}
    assert ask("tensor-parallel-heads", artifact=llama(), stack="vllm", env=env).status is Status.CLEAR
