"""The names of the tensors of a Hugging Face folder, and which the model's architecture expects besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor import facts

if TYPE_CHECKING:
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.models import Models


def names_of(models: Models, model: Pretrained) -> frozenset[str]:
    """Return the names of all tensors that from_pretrained reads; none where a file of them could not be read."""
    folder = [p for p in model.weights if p.rsplit("/", 1)[-1].startswith(("model", "pytorch_model"))]
    chosen = [p for p in folder if p.endswith(".safetensors")] or [p for p in folder if p.endswith(".bin")]
    files = [models.at(path) for path in chosen]
    if not files or model.shard_gaps or any(file is None for file in files):
        return frozenset()
    return frozenset(t.name for file in files if file is not None for t in file.tensors)


def wrapper_of(names: frozenset[str]) -> str:
    """Return the prefix of a wrapping module that all names have, "" for none: "module."."""
    wrappers: list[str] = facts.load("transformers_heads")["wrappers"]
    return next((w for w in wrappers if names and all(n.startswith(w) for n in names)), "")


def head_of(model: Pretrained) -> str:
    """Return the first name of the parameters of the architecture's head, "" where it isn't known."""
    architecture = model.architectures[0] if model.architectures else ""
    for head, bases in facts.load("transformers_heads")["heads"].items():
        if any(architecture in architectures for architectures in bases.values()):
            return str(head)
    return ""


def lm_head_absent(model: Pretrained, names: frozenset[str]) -> bool:
    """Say whether an untied language model's output layer is missing, with the rest of it there."""
    architecture = model.architectures[0] if model.architectures else ""
    tied = model.config.get("tie_word_embeddings")
    known = architecture in facts.load("transformers_heads")["lm_head"]
    there = any(n.startswith("model.layers.") for n in names) and "model.embed_tokens.weight" in names
    return known and tied is False and there and not any("lm_head" in n for n in names)
