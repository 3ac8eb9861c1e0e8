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
    from doctor.memory import engines
    from doctor.memory.estimating import Subject
    from doctor.models import Models

_MIB = 1 << 20
# Of the matrix libraries, by the compute capability from which they take it: measured through PyTorch 2.13's own code.
_WORKSPACES = (((9, 0), 32 * _MIB), ((0, 0), 8320 << 10))
_USUAL_TOKENS = 512  # where nothing says how long a text is
_DOUBT = "what a call makes beside the weights isn't in any header: --serving VENV or --image follows the model's code"


_TORCH = frozenset({"torch-zip", "torchscript", "torch-legacy", "safetensors", "torch-export", "torch-model-archive"})
_RUNTIMES = (
    ("onnx", frozenset({"onnx"})),
    ("tensorflow", frozenset({"savedmodel", "keras", "hdf5", "tensorflow-graph", "tensorflow-checkpoint"})),
    ("torch", _TORCH | {"gguf", "aotinductor"}),
)


def runtime(models: Models) -> str:
    """Return what runs the model: "torch", "onnx", "tensorflow"; "" for what no GPU serves by itself."""
    from doctor.formats.kinds.huggingface import Pretrained

    if any(isinstance(f.facts, Pretrained) and f.facts.config for f in models.files):
        return "torch"
    formats = {f.format for f in models.files}
    return next((name for name, own in _RUNTIMES if own & formats), "")


def on_gpu(subject: Subject, gpu: Gpu, gpus: int = 1) -> Need | None:
    """
    Return what one process needs of a GPU.

    Args:
        subject: the model.
        gpu: the kind of GPU.
        gpus: how many of them the instance has; some servers divide a model over them.

    None where the model's library doesn't use a GPU unless it is told to; Unknown where nothing tells of the weights.
    """
    if subject.server is not None and subject.server.stack in ENGINES:
        plan = engine_plan(subject, gpu, gpus)
        return plan.need
    kind = runtime(subject.models)
    if not kind:
        return None
    terms = {"torch": _torch, "onnx": _onnx, "tensorflow": _tensorflow}[kind](subject)
    terms += [*([_workspace(gpu)] if kind == "torch" else []), gpu.context_term]
    exact = sum(t.size.expected for t in terms if t.size.low == t.size.high)
    whole = sum(t.size.expected for t in terms)
    return Need(Place.GPU, tuple(terms), exact / whole if whole else 0.0, (_DOUBT,))


ENGINES = frozenset({"vllm", "djl", "tgi", "sglang"})


def engine_plan(subject: Subject, gpu: Gpu, gpus: int) -> engines.Plan:
    """Return what a server of large models does with each GPU; Unknown where the config doesn't tell."""
    from doctor.memory import engines

    if subject.server is None:
        raise Unknown("no server of large models")
    weights = stored.loaded(subject.models, subject.handler, subject.stack, subject.variables, subject.serving).size
    work = subject.workload
    asked = work if work.tokens or work.batch > 1 else None
    return engines.plan(config(subject), weights, engines.settings(subject.server, subject.serving), gpu, gpus, asked)


def _torch(subject: Subject) -> list[Term]:
    weights = stored.weights_terms(subject.models, subject.handler, subject.stack, subject.variables, subject.serving)
    own = config(subject)
    return [*weights, *_cache(subject, own), _activations(subject, own, weights[0].size.expected)]


def _onnx(subject: Subject) -> list[Term]:
    from doctor.memory.runtimes import onnx

    file = max((f for f in subject.models.files if f.format == "onnx"), key=lambda f: f.size)
    return onnx.gpu_terms(file, subject.workload)


def _tensorflow(subject: Subject) -> list[Term]:
    from doctor.memory.runtimes import tensorflow

    return tensorflow.gpu_terms(subject.models, subject.workload)


def longest(subject: Subject, need: Need, room: int) -> int:
    """Return the tokens of the longest text, prompt and answer, with which a need fits; 0 where nothing tells."""
    own = config(subject)
    cache = next((t.size.expected for t in need.terms if t.name == "KV cache"), 0)
    if not own or not cache:
        return 0
    try:
        each = generation.bytes_per_token(own) * subject.workload.batch
    except Unknown:
        return 0
    most = _number(own, "max_position_embeddings", "n_positions") or 1 << 20
    return max(min((room - need.size.expected + cache) // each, most), 0) if each else 0


def config(subject: Subject) -> Mapping[str, Any]:
    """The config.json of a Hugging Face folder at the root; {} without one."""
    from doctor.weights import pretrained_roots

    found = next(pretrained_roots(subject.models), None)
    return found.config if found is not None else {}


def _cache(subject: Subject, own: Mapping[str, Any]) -> list[Term]:
    """Keys and values of what is generated, where a number of tokens was given."""
    work = subject.workload
    if not own or not work.new_tokens:
        return []
    tokens = (work.tokens or _USUAL_TOKENS) + work.new_tokens - 1
    with suppress(Unknown):
        size = generation.kv_cache(own, work.batch, tokens, prompt=work.tokens or _USUAL_TOKENS)
        return [Term("KV cache", size, f"batch {work.batch}, {tokens} tokens")]
    return []


def _activations(subject: Subject, own: Mapping[str, Any], weights: int) -> Term:
    batch = subject.workload.batch
    size = _of_transformer(own, batch, subject.workload.tokens or _USUAL_TOKENS)
    if size:
        how = f"one layer and the logits, batch {batch}, {subject.workload.tokens or _USUAL_TOKENS} tokens"
        return Term("activations", Range(size // 2, size, 4 * size), how)
    guess = Range(0, weights // 5, weights // 2 + 64 * _MIB * batch)
    return Term("activations", guess, "not in any header: a fifth of the weights, as a rule of thumb")


def _of_transformer(own: Mapping[str, Any], batch: int, tokens: int) -> int:
    """Bytes of the widest layer's intermediate tensors and of the logits; 0 for what isn't a transformer."""
    inner = own["text_config"] if isinstance(own.get("text_config"), Mapping) else own
    hidden = _number(inner, "hidden_size", "d_model", "n_embd", "dim")
    if not hidden:
        return 0
    wide = _number(inner, "intermediate_size", "d_ff", "ffn_dim", "n_inner", "hidden_dim") or 4 * hidden
    item = int(generation.item_bytes(own))
    generates = any(word in str(a) for a in own.get("architectures") or () for word in ("CausalLM", "Generation"))
    logits = _number(inner, "vocab_size") * (item + 4) if generates else 0
    return batch * tokens * ((4 * hidden + 3 * wide) * item + logits)


def _number(own: Mapping[str, Any], *names: str) -> int:
    found = (own.get(name) for name in names)
    return next((n for n in found if type(n) is int and 0 < n < 1 << 32), 0)


def _workspace(gpu: Gpu) -> Term:
    size = next(size for capability, size in _WORKSPACES if (gpu.capability or (8, 0)) >= capability)
    return Term("matrix workspace", Range.exactly(size), "cuBLAS", Tier.TABLES)
