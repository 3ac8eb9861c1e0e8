"""
What one process needs of a GPU as the files' headers tell, where the model's code wasn't followed.

Weights are exact. What a call makes beside them isn't in any header: for a transformer its largest layer and its logits
bound it from below and in the middle; for another model the range goes from nothing to half as much again as the
weights, around the fifth that the documentation of accelerate's estimator has people add ("Model memory estimator").
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from doctor.memory import generation, stored
from doctor.memory.gpus import Gpu
from doctor.memory.values import Need, Place, Range, Term, Tier
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.memory.estimating import Subject

_MIB = 1 << 20
# Of the matrix libraries, by the compute capability from which they take it: measured through PyTorch 2.13's own code.
_WORKSPACES = (((9, 0), 32 * _MIB), ((0, 0), 8320 << 10))
_USUAL_TOKENS = 512  # where nothing says how long a text is
_DOUBT = "what a call makes beside the weights isn't in any header: --serving VENV or --image follows the model's code"


def on_gpu(subject: Subject, gpu: Gpu) -> Need:
    """Return what one process needs of a kind of GPU; Unknown where nothing tells of the weights."""
    weights = stored.weights_terms(subject.models, subject.handler, subject.stack, subject.variables, subject.serving)
    config = _config(subject)
    terms = [*weights, *_cache(subject, config), _activations(subject, config, weights[0].size.expected)]
    terms += [_workspace(gpu), gpu.context_term]
    exact = sum(t.size.expected for t in weights)
    whole = sum(t.size.expected for t in terms)
    return Need(Place.GPU, tuple(terms), exact / whole if whole else 0.0, (_DOUBT,))


def _config(subject: Subject) -> Mapping[str, Any]:
    """The config.json of a Hugging Face folder at the root; {} without one."""
    from doctor.weights import pretrained_roots

    found = next(pretrained_roots(subject.models), None)
    return found.config if found is not None else {}


def _cache(subject: Subject, config: Mapping[str, Any]) -> list[Term]:
    """Keys and values of what is generated, where a number of tokens was given."""
    work = subject.workload
    if not config or not work.new_tokens:
        return []
    tokens = (work.tokens or _USUAL_TOKENS) + work.new_tokens - 1
    with suppress(Unknown):
        size = generation.kv_cache(config, work.batch, tokens, prompt=work.tokens or _USUAL_TOKENS)
        return [Term("KV cache", size, f"batch {work.batch}, {tokens} tokens")]
    return []


def _activations(subject: Subject, config: Mapping[str, Any], weights: int) -> Term:
    batch = subject.workload.batch
    size = _of_transformer(config, batch, subject.workload.tokens or _USUAL_TOKENS)
    if size:
        how = f"one layer and the logits, batch {batch}, {subject.workload.tokens or _USUAL_TOKENS} tokens"
        return Term("activations", Range(size // 2, size, 4 * size), how)
    guess = Range(0, weights // 5, weights // 2 + 64 * _MIB * batch)
    return Term("activations", guess, "not in any header: a fifth of the weights, as a rule of thumb")


def _of_transformer(config: Mapping[str, Any], batch: int, tokens: int) -> int:
    """Bytes of the widest layer's intermediate tensors and of the logits; 0 for what isn't a transformer."""
    inner = config.get("text_config") if isinstance(config.get("text_config"), Mapping) else config
    hidden = _number(inner, "hidden_size", "d_model", "n_embd", "dim")
    if not hidden:
        return 0
    wide = _number(inner, "intermediate_size", "d_ff", "ffn_dim", "n_inner", "hidden_dim") or 4 * hidden
    item = int(generation.item_bytes(config))
    generates = any(
        "CausalLM" in str(a) or "ConditionalGeneration" in str(a) for a in config.get("architectures") or ()
    )
    logits = _number(inner, "vocab_size") * (item + 4) if generates else 0
    return batch * tokens * ((4 * hidden + 3 * wide) * item + logits)


def _number(config: Mapping[str, Any] | Any, *names: str) -> int:
    found = (config.get(name) for name in names)
    return next((n for n in found if type(n) is int and 0 < n < 1 << 32), 0)


def _workspace(gpu: Gpu) -> Term:
    size = next(size for capability, size in _WORKSPACES if (gpu.capability or (8, 0)) >= capability)
    return Term("matrix workspace", Range.exactly(size), "cuBLAS", Tier.TABLES)
