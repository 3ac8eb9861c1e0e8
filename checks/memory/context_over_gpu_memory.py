"""Check: vLLM has no room for a request of the model's greatest length."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.settings import texts
from doctor.weights import made_smaller, pretrained_roots

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.memory.placed import Placed
    from doctor.models import Models
    from doctor.target import Target

_LENGTHS = r"max[_-]model[_-]len|max[_-]total[_-]tokens|utilization|kv[_-]cache|swap"


@check(
    title="The cache of one request of the model's greatest length doesn't fit beside the weights",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/vllm-project/vllm/issues/2418",
    symptoms=(
        r"max seq len \(\d+\) is larger than the maximum number of tokens that can be stored in KV cache",
        r"No available memory for the cache blocks",
        r"KV cache is needed, which is larger than the available KV cache memory",
    ),
)
def context_over_gpu_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    A vLLM server refuses to start where its cache can't hold one request of the greatest length config.json names.

    A token takes 2 (keys and values) x layers x key-value heads x head size x bytes of a number; layers with a window
    keep no more than that, and latent attention less. vLLM uses nine tenths of a GPU's memory, and the weights are in
    it. Name a smaller length: SM_VLLM_MAX_MODEL_LEN.
    """
    from doctor.memory.fitting import amount
    from doctor.memory.gpus import of_hardware

    if stack != "vllm" or handler:
        return
    found, facts = _placed(models, handler, target), next(pretrained_roots(models), None)
    gpu = of_hardware(target.hardware) if found is not None else None
    if found is None or gpu is None or facts is None:
        return
    length = _length(facts.config, artifact)
    cache = _cache(facts.config, length)
    usable = int(gpu.visible.high * load("vllm")["memory_share"] - gpu.context.low) * found.gpus
    if not cache or found.size.low + cache <= usable:
        return
    if re.search(_LENGTHS, " ".join(target.variables).lower()) or made_smaller(
        models, target.variables, artifact, handler
    ):
        yield Unknown("a setting changes the length or the memory that vLLM plans with")
        return
    fits = max(0, usable - found.size.low) * length // cache
    yield Finding(
        message=f"one request of {length:,} tokens takes {amount(cache)} of cache beside {amount(found.size.low)} of "
        f"weights, and vLLM has {amount(usable)} of what CUDA sees on {target.instance}",
        evidence=(
            Evidence("artifact:config.json", f"{length:,} tokens, {cache:,} bytes of cache"),
            found.weights.evidence(),
            *found.evidence,
            target.evidence(),
        ),
        fix=_fix(fits),
        likelihood=Likelihood.CERTAIN,
        log=f"ValueError: The model's max seq len ({length}) is larger than the maximum number of tokens that can be "
        f"stored in KV cache ({fits // 16 * 16})."
        if fits
        else "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when "
        "initializing the engine.",
        cause="target:gpu-memory",
    )


def _placed(models: Models, handler: Handler, target: Target) -> Placed | None:
    from doctor.memory.placed import placed

    return placed(models, handler, "vllm", target, None)


def _cache(config: Mapping[str, Any], length: int) -> int:
    """Return the least bytes of one request's cache in 16 bits; 0 for an architecture that isn't known to the byte."""
    from doctor.memory.generation import exact, kv_cache

    try:
        return kv_cache(config, 1, length, "float16", engine="vllm").low if length and exact(config) else 0
    except Unknown:
        return 0


def _length(config: Mapping[str, Any], artifact: Artifact) -> int:
    """Return the greatest length that vLLM takes from the model: the least that any key names; 0 without one."""
    import json

    told = [config[k] for k in load("vllm")["length_keys"] if k in config]
    for text in texts(artifact, "tokenizer_config.json"):
        try:
            said = json.loads(text or "")
        except (ValueError, RecursionError):
            return 0
        told.append(said.get("model_max_length") if isinstance(said, dict) else None)
    return int(min((n for n in told if type(n) in {int, float} and n > 0), default=0))


def _fix(fits: int) -> str:
    length = fits * 3 // 4 // 256 * 256
    return f"SM_VLLM_MAX_MODEL_LEN={length}" if length else "take an instance with more GPU memory"
