"""
The weights as they will be loaded, from the headers of the artifact's files alone.

``loaded`` says which files the server loads and how many bytes their tensors take then. Range: *expected* is what the
stack and its versions do with these files; *low* and *high* are what they may do where nothing tells: a handler that
computes the dtype, a release that isn't known, tensors that the model may not want. All three are one number where
the files, the loader's call and its release settle it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.formats.kinds.base import ITEM_BYTES, ModelFile, Tensor
from doctor.formats.kinds.gguf import Gguf
from doctor.formats.kinds.torch import TorchSave, TorchScript
from doctor.memory.tensors import Scheme, loaded_bytes, stored_bytes, told
from doctor.memory.values import Range, Term
from doctor.model import Unknown
from doctor.pretrained import by_default, folder_of, surely_runs
from doctor.torchloads import JIT_LOAD, TORCH_LOAD, loads, passed
from doctor.weights import elsewhere, of_folder

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Call, Handler
    from doctor.models import Models

_ENGINES = frozenset({"vllm", "tgi", "djl", "sglang", "tei"})
# Tensors of older files that newer models don't load, or that hold another's numbers.
_UNWANTED = re.compile(r"(attn\.(masked_)?bias|rotary_emb\.inv_freq|embeddings\.position_ids)$")
_HEADS = ("lm_head.weight", "output.weight", "embed_out.weight", "decoder.output_projection.weight")
_AUTO_SINCE = (5,)  # transformers whose from_pretrained takes the dtype that is stored; float32 before
_PIPELINE_AUTO_SINCE = (4, 57)  # and whose pipeline does, as far as is known
_CASTS = {
    "half": "float16", "float16": "float16", "bfloat16": "bfloat16", "float": "float32", "float32": "float32",
    "double": "float64", "float64": "float64",
}  # fmt: skip


class Loaded(NamedTuple):
    """
    Weights that one process loads.

    Args:
        files: their paths.
        format: of the files, one word of ``doctor/formats/recognise.py``.
        stored: bytes of the tensors that become the model, as stored.
        size: bytes that they take once loaded.
        largest: bytes of the largest file.
        beside: bytes of tensors in the same files that the model doesn't keep: optimizer states, averaged copies.
        beside_on_gpu: whether loading puts those on the GPU too.
        dtype: that most bytes have once loaded.
        scheme: of weights that are quantized, stored so or while they load; "" for none.
        how: where the figures are from.
    """

    files: tuple[str, ...]
    format: str
    stored: int
    size: Range
    largest: int
    beside: int = 0
    beside_on_gpu: bool = False
    dtype: str = ""
    scheme: str = ""
    how: str = ""


class _Chosen(NamedTuple):
    """Files that are loaded together, by what call, and what Hugging Face's config says of them."""

    files: tuple[ModelFile, ...]
    by: str  # "pipeline", "from_pretrained", "engine", "torch.load", "torch.jit.load", ""
    call: Call | None = None
    facts: Pretrained | None = None


def weights_terms(
    models: Models, handler: Handler, stack: str, variables: Mapping[str, str], serving: Environment | None
) -> list[Term]:
    """Return the terms of the weights on the GPU; Unknown where nothing tells which are loaded."""
    found = loaded(models, handler, stack, variables, serving)
    terms = [Term("weights", found.size, found.how)]
    if found.beside and found.beside_on_gpu:
        how = "optimizer states and copies in the same file: map_location puts them there while it is read"
        terms.append(Term("checkpoint beside the model", Range(0, found.beside, found.beside), how))
    return terms


def loaded(
    models: Models, handler: Handler, stack: str, variables: Mapping[str, str], serving: Environment | None
) -> Loaded:
    """Return the weights that one process loads; Unknown where nothing tells which, or they aren't in the artifact."""
    if elsewhere(variables):
        raise Unknown("a variable has the server load another model than the artifact's")
    chosen = _chosen(models, handler, stack, variables)
    kept, beside = _parts(chosen)
    if not kept:
        raise Unknown("no tensors were found in the files that it loads")
    stored = sum(map(stored_bytes, kept))
    dtypes, scheme = _dtypes(chosen, handler, stack, variables, serving)
    kept_by_model = [t for t in kept if not _UNWANTED.search(t.name)]
    sizes = sorted(sum(loaded_bytes(t, scheme, dtype) for t in kept_by_model) for dtype in dtypes)
    expected = sum(loaded_bytes(t, scheme, dtypes[0]) for t in kept_by_model)
    high = max(sizes[-1], sizes[-1] + stored - sum(map(stored_bytes, kept_by_model)))
    return Loaded(
        tuple(sorted(f.path for f in chosen.files)),
        chosen.files[0].format,
        stored,
        Range(sizes[0], expected, high),
        max(sum(map(stored_bytes, f.tensors)) for f in chosen.files),
        sum(map(stored_bytes, beside)),
        chosen.call is not None and _on_gpu(handler, chosen.call),
        dtypes[0] or _most(kept),
        scheme.name if scheme else _stored_scheme(chosen),
        _how(chosen, dtypes, scheme),
    )


# --- which files ------------------------------------------------------------------------------------------------------


def _chosen(models: Models, handler: Handler, stack: str, variables: Mapping[str, str]) -> _Chosen:
    if (stack in _ENGINES and not handler) or by_default(handler, stack, variables):
        found = _folder(models, "", "engine" if stack in _ENGINES else "pipeline", None)
        if found:
            return found
    called = list(_called(models, handler))
    if len(called) == 1:
        return called[0]
    if len(called) > 1:
        return max(called, key=lambda c: sum(stored_bytes(t) for f in c.files for t in f.tensors))
    lone = _folder(models, "", "", None) or _largest(models)
    if lone is None:
        raise Unknown("no file of the artifact holds weights that were read")
    return lone


def _called(models: Models, handler: Handler) -> Iterator[_Chosen]:
    """Yield what the calls of a handler surely load."""
    for load in loads(handler, models, (*TORCH_LOAD, *JIT_LOAD, "safetensors.torch.load_file")):
        if load.file.tensors:
            yield _Chosen((load.file,), load.call.name, load.call)
    for opened in handler.opened():
        owner, _, method = opened.call.name.rpartition(".")
        model = not any(w in owner for w in ("Tokenizer", "Processor", "Config", "Extractor"))
        if method == "from_pretrained" and opened.path is not None and model and surely_runs(handler, opened.call):
            found = _folder(models, opened.path, "from_pretrained", opened.call)
            if found:
                yield found


def _folder(models: Models, folder: str, by: str, call: Call | None) -> _Chosen | None:
    weights, facts = of_folder(models, folder), folder_of(models, folder)
    if weights is not None:
        files = tuple(f for f in models.files if f.path in weights.files)
        return _Chosen(files, by, call, facts[1] if facts else None)
    inside = [f for f in models.files if isinstance(f.facts, Gguf) and f.path.rpartition("/")[0] == folder]
    return _Chosen((max(inside, key=lambda f: f.size),), by, call, facts[1] if facts else None) if inside else None


def _largest(models: Models) -> _Chosen | None:
    held = [f for f in models.files if f.tensors]
    return _Chosen((max(held, key=lambda f: sum(map(stored_bytes, f.tensors))),), "") if held else None


def _parts(chosen: _Chosen) -> tuple[list[Tensor], list[Tensor]]:
    """Return the tensors that become the model, and those that only lie in the same files; a storage counts once."""
    kept: list[Tensor] = []
    beside: list[Tensor] = []
    for file in chosen.files:
        facts = file.facts
        weights = f"{facts.weights}." if isinstance(facts, TorchSave) and facts.layout == "checkpoint" else ""
        for tensor in _once(file.tensors):
            (kept if tensor.name.startswith(weights) else beside).append(tensor)
    if not kept:
        kept, beside = beside, kept
    return _untied(kept, chosen.facts), beside


def _once(tensors: tuple[Tensor, ...]) -> Iterator[Tensor]:
    """Yield tensors; of those that share a storage the largest."""
    largest: dict[str, Tensor] = {}
    for tensor in tensors:
        if not tensor.storage:
            yield tensor
        elif tensor.storage not in largest or stored_bytes(tensor) > stored_bytes(largest[tensor.storage]):
            largest[tensor.storage] = tensor
    yield from largest.values()


def _untied(tensors: list[Tensor], facts: Pretrained | None) -> list[Tensor]:
    """Leave out an output layer that is stored although the model takes the embeddings for it."""
    if facts is None or facts.config.get("tie_word_embeddings") is not True:
        return tensors
    embeddings = [
        t for t in tensors if re.search(r"(embed_tokens|wte|word_embeddings|shared|embed_in)\.weight$", t.name)
    ]
    doubled = {t.name for t in tensors if t.name.endswith(_HEADS) and any(t.shape == e.shape for e in embeddings)}
    return [t for t in tensors if t.name not in doubled]


# --- in which dtype ---------------------------------------------------------------------------------------------------


def _dtypes(
    chosen: _Chosen, handler: Handler, stack: str, variables: Mapping[str, str], serving: Environment | None
) -> tuple[list[str], Scheme | None]:
    """Return the dtypes that floats may be loaded in, the expected first ("" as stored), and how they are quantized."""
    facts = chosen.facts
    stored_so = (facts is not None and bool(facts.quantization)) or isinstance(chosen.files[0].facts, Gguf)
    if chosen.by == "engine":
        return [_of_engine(stack, variables, facts)], None if stored_so else told(variables)
    if stored_so:
        return [""], None
    if chosen.by == "from_pretrained" and chosen.call is not None:
        scheme, said = _quantized_by(handler, chosen.call), _keyword(handler, chosen.call)
        found = [said] if said is not None else _usual("from_pretrained", facts, serving)
        return (["float16"] if scheme and said is None else found), scheme
    if chosen.by == "pipeline":
        return _usual("pipeline", facts, serving), None
    cast = _cast(handler)
    if isinstance(chosen.files[0].facts, TorchScript):
        return [""] if not cast else [cast], None
    return [cast] if cast else ["", "float16"] if cast is None else [""], None


def _of_engine(stack: str, variables: Mapping[str, str], facts: Pretrained | None) -> str:
    """Return the dtype of a server of large models: named, else 16 bits for what is wider."""
    names = ("SM_VLLM_DTYPE", "OPTION_DTYPE", "DTYPE", "SM_SGLANG_DTYPE")
    named = next((variables[n].lower().removeprefix("torch.") for n in names if variables.get(n)), "auto")
    named = {"half": "float16", "fp16": "float16", "bf16": "bfloat16", "float": "float32", "fp32": "float32"}.get(
        named, named
    )
    if named in ITEM_BYTES:
        return named
    if stack == "tei":
        return "float16"
    return "bfloat16" if facts is not None and facts.dtype == "bfloat16" else "float16"


def _usual(by: str, facts: Pretrained | None, serving: Environment | None) -> list[str]:
    """Return the dtypes that a loader without one takes, by its release."""
    config = facts.dtype if facts is not None and facts.dtype in ITEM_BYTES else ""
    release = _release(serving)
    since = _PIPELINE_AUTO_SINCE if by == "pipeline" else _AUTO_SINCE
    if not release:
        return [config, "float32"]
    if release >= since:
        return [config]
    return ["float32", config] if by == "pipeline" and release >= (4, 40) else ["float32"]


def _release(serving: Environment | None) -> tuple[int, ...]:
    try:
        version = serving.version("transformers") if serving is not None else None
    except Unknown:
        return ()
    return version.release if version is not None else ()


def _keyword(handler: Handler, call: Call) -> str | None:
    """Return the dtype that a call of from_pretrained names, "" for the stored one; None where it names none."""
    node = call.argument(-1, "dtype") or call.argument(-1, "torch_dtype")
    if node is None:
        cast = _cast(handler)
        return cast or None
    if isinstance(node, ast.Constant):
        return "" if node.value == "auto" else str(node.value)
    return _CASTS.get(handler.name(node, call.scope).rpartition(".")[2], "")


def _cast(handler: Handler) -> str | None:
    """Return the dtype that the handler surely casts a module to; "" where it casts none, None where nobody knows."""
    found = {_CASTS[c.name.rpartition(".")[2]] for c in handler.calls("*.half", "*.bfloat16", "*.double") if c.certain}
    for call in handler.calls("*.to"):
        words = [handler.name(n, call.scope) for n in (*call.node.args, *(k.value for k in call.node.keywords))]
        named = {_CASTS[w[6:]] for w in words if w.startswith("torch.") and w[6:] in _CASTS}
        found |= named if call.certain else set()
        if named and not call.certain:
            return None
    return found.pop() if len(found) == 1 else None if found else ""


def _quantized_by(handler: Handler, call: Call) -> Scheme | None:
    """Return how a call of from_pretrained quantizes what it loads."""
    words: dict[str, object] = {}
    for name in ("load_in_4bit", "load_in_8bit"):
        words[name] = passed(call, -1, name)
    for made in handler.calls("transformers.BitsAndBytesConfig"):
        for name in ("load_in_4bit", "load_in_8bit", "bnb_4bit_use_double_quant"):
            words[name] = passed(made, -1, name) or words.get(name)
    if not call.argument(-1, "quantization_config") and not words.get("load_in_4bit") and not words.get("load_in_8bit"):
        return None
    return Scheme.of_bitsandbytes(words)


def _on_gpu(handler: Handler, call: Call) -> bool:
    node = call.argument(1, "map_location")
    return node is not None and handler.mentions(node, call.scope, "cuda")


# --- in words ---------------------------------------------------------------------------------------------------------


def _most(tensors: list[Tensor]) -> str:
    sizes: dict[str, int] = {}
    for tensor in tensors:
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + stored_bytes(tensor)
    return max(sizes, key=lambda d: sizes[d], default="")


def _stored_scheme(chosen: _Chosen) -> str:
    facts = chosen.files[0].facts
    if isinstance(facts, Gguf):
        return facts.quantization
    return chosen.facts.quantization if chosen.facts is not None else ""


def _how(chosen: _Chosen, dtypes: list[str], scheme: Scheme | None) -> str:
    many = f"{len(chosen.files)} files" if len(chosen.files) > 1 else chosen.files[0].path
    quantized = scheme.name if scheme else _stored_scheme(chosen)
    as_what = quantized or dtypes[0] or _most([t for f in chosen.files for t in f.tensors])
    return f"tensors of {many} as {as_what}"
