from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama

CHECK = "tensor-parallel-key-value-heads"


def status(degree, heads=40, shared=10, stack="vllm", **changes):
    artifact = llama(num_attention_heads=heads, num_key_value_heads=shared, **changes)
    return ask(CHECK, artifact=artifact, stack=stack, env={"SM_VLLM_TENSOR_PARALLEL_SIZE": degree}).status


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message == "10 key-value heads can't be divided among 4 GPUs"
    assert first.finding.fix == "SM_VLLM_TENSOR_PARALLEL_SIZE=2"


@pytest.mark.parametrize(
    ("degree", "heads", "shared", "found"),
    [
        ("2", 40, 10, Status.CLEAR),
        ("4", 40, 10, Status.FOUND),
        ("5", 40, 10, Status.CLEAR),
        ("8", 40, 10, Status.FOUND),
        ("3", 40, 10, Status.CLEAR),  # of the heads: another check's
        ("8", 32, 4, Status.CLEAR),  # two GPUs have one
        ("8", 64, 1, Status.CLEAR),
    ],
)
def test_divided_or_repeated(degree, heads, shared, found):
    assert status(degree, heads, shared) is found


def test_what_is_not_known_is_clear():
    assert status("4", model_type="deepseek_v3") is Status.CLEAR
    assert status("4", stack="tgi") is Status.CLEAR
    assert status("4", shared=None) is Status.CLEAR
