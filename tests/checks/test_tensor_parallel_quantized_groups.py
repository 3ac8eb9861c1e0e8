from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama

CHECK = "tensor-parallel-quantized-groups"


def status(degree, inner=29568, group=128, method="awq", **changes):
    quantized = {"quantization_config": {"quant_method": method, "bits": 4, "group_size": group}}
    artifact = llama(intermediate_size=inner, **quantized, **changes)
    return ask(CHECK, artifact=artifact, stack="vllm", env={"SM_VLLM_TENSOR_PARALLEL_SIZE": degree}).status


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("the 29568 / 128 = 231 groups of AWQ weights can't be divided among 2 GPUs")
    assert first.finding.fix.startswith("SM_VLLM_TENSOR_PARALLEL_SIZE=1,")


@pytest.mark.parametrize(
    ("degree", "inner", "group", "found"),
    [
        ("3", 29568, 128, Status.CLEAR),
        ("8", 29696, 128, Status.CLEAR),  # as it was padded
        ("2", 29568, 64, Status.CLEAR),
        ("2", 29568, -1, Status.CLEAR),  # a column is a group
        ("2", None, 128, Status.CLEAR),
        ("2", 100, 128, Status.CLEAR),  # not even whole groups: padded by whoever quantized it
    ],
)
def test_whole_groups(degree, inner, group, found):
    assert status(degree, inner, group) is found


def test_other_quantizations():
    assert status("2", method="gptq") is Status.FOUND
    assert status("2", method="bitsandbytes") is Status.CLEAR
    assert status("2", model_type="qwen2_moe") is Status.CLEAR
