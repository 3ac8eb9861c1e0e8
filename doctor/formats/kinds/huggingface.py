"""What a folder written by ``save_pretrained`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Damage(NamedTuple):
    """A file of the folder that the library reads as JSON and that is none; ``path`` is in the artifact."""

    path: str
    reason: str


class Index(NamedTuple):
    """
    An index of sharded weights: ``model.safetensors.index.json``.

    ``missing`` are the shards that it names and that aren't beside it; ``total_size`` is as the file claims.
    """

    path: str
    shards: tuple[str, ...]
    missing: tuple[str, ...]
    total_size: int | None


class Adapter(NamedTuple):
    """An adapter of PEFT. ``weights`` is the path of its weights, "" where they aren't packed."""

    path: str
    kind: str  # "LORA"
    task: str  # "SEQ_CLS"
    base_model: str  # a folder or the name of a repository
    weights: str
    version: str  # of peft, "" before 0.15


class Tokenizer(NamedTuple):
    """
    The tokenizer's files.

    ``merges_as_pairs`` is None where there is no tokenizer.json with merges that was small enough to be read;
    ``steps`` are the parts that tokenizer.json is made of, in its order: "normalizer Prepend", "decoder Fuse";
    ``template_apart`` says whether the chat template is in chat_template.jinja alone, and
    ``extra_as_list`` says whether extra_special_tokens is a list, as transformers 5 writes it.
    """

    files: tuple[str, ...]
    name: str  # tokenizer_class
    auto_map: Mapping[str, str]
    chat_template: bool
    merges_as_pairs: bool | None
    steps: tuple[str, ...] = ()
    extra_as_list: bool = False
    template_apart: bool = False


class Pretrained(NamedTuple):
    """
    A folder of the Hugging Face libraries: a model, an adapter, a tokenizer, or what a Trainer left.

    Args:
        folder: where it is in the artifact, "" for the root.
        config: contents of config.json, {} where there is none.
        model_type: the key by which transformers finds the classes, "" without.
        architectures: classes that the weights belong to.
        dtype: of the weights, as the config says.
        auto_map: an auto class to ``file.Class``, or ``owner/repository--file.Class``.
        absent_code: files that auto_map names and that aren't packed.
        quantization: the method of quantization_config, "" without.
        weights: paths of the files of weights, whatever their format.
        indexes: of sharded weights.
        shard_gaps: shards that the numbering of those packed says should be there: "model-00002-of-00003.safetensors".
        leftovers: what a Trainer needs to go on and a server doesn't: optimizer.pt, trainer_state.json.
        preprocessor: path of preprocessor_config.json or processor_config.json, "" without.
        modules: classes of sentence-transformers' modules.json.
        pipeline: class that diffusers' model_index.json names.
        damaged: JSON files that are not JSON.
    """

    folder: str
    config: Mapping[str, Any]
    model_type: str
    architectures: tuple[str, ...]
    transformers_version: str
    dtype: str
    vocab_size: int | None
    hidden_size: int | None
    layers: int | None
    auto_map: Mapping[str, str]
    absent_code: tuple[str, ...]
    quantization: str
    weights: tuple[str, ...]
    indexes: tuple[Index, ...]
    shard_gaps: tuple[str, ...]
    adapter: Adapter | None
    tokenizer: Tokenizer
    generation: bool
    leftovers: tuple[str, ...]
    preprocessor: str
    modules: tuple[str, ...]
    pipeline: str
    damaged: tuple[Damage, ...]

    def path(self, name: str) -> str:
        """Return the path in the artifact of a file of this folder."""
        return f"{self.folder}/{name}" if self.folder else name
