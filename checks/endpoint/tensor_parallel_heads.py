"""Check: the model's attention heads can't be divided among as many GPUs as the server was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.llmserving import count, server, text_config
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.llmserving import Server
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The attention heads can't be divided among the GPUs",
    fault="gpu-capability",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/vllm-project/vllm/issues/414",
    symptoms=(
        r"Total number of attention heads \(\d+\) must be divisible by tensor parallel size \(\d+\)",
        r"`num_heads` must be divisible by `num_shards`",
    ),
)
def tensor_parallel_heads(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    Tensor parallelism gives each GPU the same number of attention heads.

    The degree must divide "num_attention_heads" of config.json. Take a smaller degree, most often a power of two.
    """
    serving = server(models, handler, stack, target)
    found = serving.model() if serving else None
    degree = serving.setting("tensor_parallel") if serving else None
    if serving is None or found is None or degree is None or not (serving.vllm or stack in {"tgi", "sglang"}):
        return
    heads = count(text_config(found[1].config), "num_attention_heads", "n_head", "num_heads")
    if not heads or degree.number < 2 or heads % degree.number == 0:
        return
    fits = max(n for n in range(1, degree.number) if heads % n == 0)
    yield Finding(
        message=f"{heads} attention heads can't be divided among {degree.number} GPUs",
        evidence=(
            Evidence(f"artifact:{found[1].path('config.json')}", f"{heads} attention heads"),
            degree.evidence,
        ),
        fix=f"{degree.name}={fits}",
        log=_log(serving, heads, degree.number),
        cause=degree.evidence.where,
    )


def _log(serving: Server, heads: int, degree: int) -> str:
    if serving.stack == "tgi":
        return (
            f"ValueError: `num_heads` must be divisible by `num_shards` (got `num_heads`: {heads} and "
            f"`num_shards`: {degree}"
        )
    if serving.stack == "sglang":
        return "AssertionError"
    return (
        f"ValueError: Total number of attention heads ({heads}) must be divisible by tensor parallel size ({degree})."
    )
