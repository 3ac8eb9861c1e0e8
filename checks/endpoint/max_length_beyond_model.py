"""Check: vLLM is told to take longer requests than the model has positions for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.llmserving import count, server, text_config
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_LIFTED = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"


@check(
    title="The greatest length is more than the model has positions for",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.vllm.ai/en/latest/configuration/engine_args.html",
    symptoms=(r"User-specified max_model_len \(\d+\) is greater than the derived max_model_len",),
)
def max_length_beyond_model(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    A max_model_len above config.json's "max_position_embeddings" is refused by vLLM.

    A "rope_scaling" in config.json raises what the model can take, and then nothing is said. Name a smaller length, or
    set VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 where you know that the model can take it.
    """
    llm = server(models, handler, stack, target)
    found = llm.model() if llm and llm.vllm else None
    given = llm.setting("length") if llm and found else None
    if found is None or given is None or _LIFTED in target.variables:
        return
    config = text_config(found[1].config)
    length = count(config, "max_position_embeddings")
    if any(config.get(k) for k in ("rope_scaling", "rope_parameters", "auto_map")) or not 0 < length < given.number:
        return
    yield Finding(
        message=f"{given.name} is {given.value}, and the model has {length} positions",
        evidence=(
            given.evidence,
            Evidence(f"artifact:{found[1].path('config.json')}", f'"max_position_embeddings": {length}'),
        ),
        fix=f"{given.name}={length}",
        log=f"ValueError: User-specified max_model_len ({given.value}) is greater than the derived max_model_len "
        f"(max_position_embeddings={length} or model_max_length=None in model's config.json).",
        cause=given.evidence.where,
    )
