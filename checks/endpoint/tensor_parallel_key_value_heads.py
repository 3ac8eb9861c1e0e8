"""Check: the model's key-value heads can be neither divided among the GPUs nor repeated on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.llmserving import count, server, text_config
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The key-value heads can't be divided among the GPUs",
    fault="gpu-capability",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/vllm-project/vllm/issues/5951",
    symptoms=(
        r"AssertionError: \d+ is not divisible by \d+",
        r"assert self\.total_num_kv_heads % tp_size == 0",
        r"assert tp_size % self\.total_num_kv_heads == 0",
    ),
)
def tensor_parallel_key_value_heads(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    Each GPU gets as many key-value heads of vLLM as any other, or one that several share where there are more GPUs.

    So the degree must divide "num_key_value_heads" of config.json, or be a multiple of it, beside dividing
    "num_attention_heads". Phi-3-medium has 40 heads and 10 key-value heads: 2, 5 and 10 GPUs do, 4 and 8 don't.
    """
    serving = server(models, handler, stack, target)
    found = serving.model() if serving else None
    degree = serving.setting("tensor_parallel") if serving else None
    if serving is None or found is None or degree is None or degree.number < 2 or not serving.vllm:
        return
    config = text_config(found[1].config)
    heads, shared = count(config, "num_attention_heads"), count(config, "num_key_value_heads")
    known = config.get("model_type", found[1].model_type) in load("vllm")["full_attention"]
    if not known or not shared or heads % degree.number:
        return
    more, less = max(shared, degree.number), min(shared, degree.number)
    if more % less == 0:
        return
    fits = max(n for n in range(1, degree.number) if heads % n == 0 and max(n, shared) % min(n, shared) == 0)
    yield Finding(
        message=f"{shared} key-value heads can't be divided among {degree.number} GPUs",
        evidence=(
            Evidence(f"artifact:{found[1].path('config.json')}", f"{heads} attention heads, {shared} key-value heads"),
            degree.evidence,
        ),
        fix=f"{degree.name}={fits}",
        log=f"AssertionError: {more} is not divisible by {less}",
        cause=degree.evidence.where,
    )
