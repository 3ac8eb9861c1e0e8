"""Check: vLLM has no room for a request of the model's greatest length."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.settings import texts
from doctor.weights import elsewhere, made_smaller, of_folder, pretrained_roots

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
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
        r"KV cache is needed, which is larger than the available KV cache memory",
    ),
)
def context_over_gpu_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    A vLLM server refuses to start where its cache can't hold one request of the greatest length config.json names.

    A token takes 2 (keys and values) x layers x key-value heads x head size x bytes of a number. vLLM uses nine tenths
    of a GPU's memory, and the weights are in it. Name a smaller length: SM_VLLM_MAX_MODEL_LEN.
    """
    if stack != "vllm" or handler or elsewhere(target.variables):
        return
    weights = of_folder(models, "")
    facts = next(pretrained_roots(models), None)
    if weights is None or facts is None or not target.gpu:
        return
    token = _token_bytes(facts.config, facts.model_type)
    length = _length(facts.config, artifact)
    if not token or not length:
        return
    count = int(target.hardware["gpu"]["count"])
    usable = int(target.gpu_memory * count * load("vllm")["memory_share"])
    need = weights.least + token * length
    if not usable or need <= usable:
        return
    if re.search(_LENGTHS, " ".join(target.variables).lower()) or made_smaller(
        models, target.variables, artifact, handler
    ):
        yield Unknown("a setting changes the length or the memory that vLLM plans with")
        return
    fits = max(0, usable - weights.least) // token
    yield Finding(
        message=f"one request of {length:,} tokens takes {token * length / 1e9:.1f} GB of cache beside "
        f"{weights.least / 1e9:.1f} GB of weights, and vLLM uses {usable / 1e9:.1f} GB of {target.instance}",
        evidence=(
            Evidence("artifact:config.json", f"{length:,} tokens, {token:,} bytes of cache for each"),
            weights.evidence(),
            target.evidence(),
        ),
        fix=_fix(fits),
        likelihood=Likelihood.CERTAIN,
        log=f"ValueError: The model's max seq len ({length}) is larger than the maximum number of tokens that can be "
        f"stored in KV cache ({fits // 16 * 16}).",
        cause="target:gpu-memory",
    )


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


def _token_bytes(config: Mapping[str, Any], model_type: str) -> int:
    """Return the bytes of one token's keys and values in 16 bits; 0 for an architecture that isn't plain attention."""
    if model_type not in load("vllm")["full_attention"] or config.get("sliding_window"):
        return 0
    layers, heads = config.get("num_hidden_layers"), config.get("num_attention_heads")
    hidden, grouped = config.get("hidden_size"), config.get("num_key_value_heads", heads)
    if not all(type(n) is int and n > 0 for n in (layers, heads, hidden, grouped)):
        return 0
    size = config.get("head_dim") or hidden // heads  # type: ignore[operator]
    return 2 * layers * grouped * size * 2 if type(size) is int else 0  # type: ignore[operator]


def _fix(fits: int) -> str:
    length = fits * 3 // 4 // 256 * 256
    return f"SM_VLLM_MAX_MODEL_LEN={length}" if length else "take an instance with more GPU memory"
