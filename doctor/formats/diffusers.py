"""Reads which components a diffusers pipeline is made of: model_index.json beside a folder for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.errors import Unreadable
from doctor.formats.huggingface import parse

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact

INDEX = "model_index.json"
MOST_COMPONENTS = 1000
# Classes of models hold weights; schedulers, tokenizers and processors hold none.
_WEIGHTLESS = ("Scheduler", "Tokenizer", "TokenizerFast", "FeatureExtractor", "ImageProcessor", "Processor")
_WEIGHTS = (".safetensors", ".bin", ".msgpack", ".gguf", ".onnx")


class Component(NamedTuple):
    """
    One entry of model_index.json: ``"unet": ["diffusers", "UNet2DConditionModel"]``.

    ``present`` says whether its folder is packed, ``weights`` whether there are weights in it.
    """

    name: str
    library: str
    kind: str
    present: bool
    weights: bool

    @property
    def is_model(self) -> bool:
        """Whether it is loaded from weights."""
        return self.library in {"diffusers", "transformers"} and not self.kind.endswith(_WEIGHTLESS)


def components(artifact: Artifact, folder: str) -> Iterator[Component]:
    """Yield the components of the pipeline in a folder; none where its model_index.json can't be read."""
    prefix = f"{folder}/" if folder else ""
    try:
        index: Any = parse(artifact.data(prefix + INDEX))
    except Unreadable:
        return
    for name, value in list(index.items())[:MOST_COMPONENTS] if isinstance(index, dict) else ():
        pair = isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value)
        if pair and name and not name.startswith("_"):
            there = list(artifact.under(prefix + name))
            held = any(m.path.endswith(_WEIGHTS) for m in there)
            yield Component(name, value[0], value[1], bool(there), held)
