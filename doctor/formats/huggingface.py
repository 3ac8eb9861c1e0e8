"""Reads the folders that the Hugging Face libraries write, from their JSON files and the names beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile
from doctor.formats.kinds.huggingface import Adapter, Damage, Index, Pretrained, Tokenizer
from doctor.formats.tokenizerjson import merges_as_pairs, steps

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact, Member

MOST_FOLDERS = 1000
LARGEST_PARSED = 1 << 20
MOST_NAMES = 100_000  # shards, merges: more than any model has

_MARKS = frozenset(
    {
        "adapter_config.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json",
        "model.safetensors", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "adapter_model.safetensors",
        "adapter_model.bin", "trainer_state.json", "config_sentence_transformers.json", "generation_config.json",
    }
)  # fmt: skip
_WEIGHTS = (".safetensors", ".bin", ".h5", ".msgpack", ".gguf", ".pt", ".pth", ".ckpt", ".onnx")
_NOT_WEIGHTS = frozenset(
    {"training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.pt", "scheduler.bin", "scaler.pt"}
)
_LEFTOVERS = frozenset(
    {
        "optimizer.pt", "optimizer.bin", "scheduler.pt", "scheduler.bin", "scaler.pt", "trainer_state.json",
        "training_args.bin", "rng_state.pth", "latest", "zero_to_fp32.py",
    }
)  # fmt: skip
_TOKENIZER_FILES = frozenset(
    {
        "tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json", "merges.txt", "spiece.model", "spm.model",
        "sentencepiece.bpe.model", "source.spm", "target.spm", "tekken.json", "vocab.bpe", "bpe.codes",
        "prophetnet.tokenizer", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "chat_template.jinja", "vocab-src.json",
    }
)  # fmt: skip
_HIDDEN = ("hidden_size", "d_model", "n_embd", "dim")
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")


def folders(artifact: Artifact, files: tuple[ModelFile, ...]) -> tuple[ModelFile, ...]:
    """
    Return one ModelFile for each folder of the artifact that a Hugging Face library wrote.

    Args:
        artifact: as the reading pass left it.
        files: the model files that were read; weights whose name says nothing are known by these.
    """
    by_folder: dict[str, dict[str, Member]] = {}
    for member in artifact.members.values():
        if member.kind != "directory":
            folder, _, name = member.path.rpartition("/")
            by_folder.setdefault(folder, {})[name] = member
    found: list[ModelFile] = []
    for folder, names in by_folder.items():
        if len(found) < MOST_FOLDERS and _concerns(names):
            read = _Folder(artifact, folder, names).read()
            if read is not None:
                found.append(read)
    del files  # weights are told by name: what transformers looks for is a name
    return tuple(found)


def _concerns(names: Mapping[str, Member]) -> bool:
    return (
        "config.json" in names
        or "modules.json" in names
        or "model_index.json" in names
        or not _MARKS.isdisjoint(names)
        or any(n.endswith((".safetensors.index.json", ".bin.index.json")) for n in names)
    )


class _Folder:
    """One folder while it is read: the JSON files already parsed, and those that couldn't be."""

    def __init__(self, artifact: Artifact, folder: str, names: Mapping[str, Member]) -> None:
        self.artifact = artifact
        self.folder = folder
        self.names = names
        self.damaged: list[Damage] = []

    def at(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    def json(self, name: str) -> Any:
        """Return a JSON file of the folder, None where it is absent, too large to be kept, or no JSON."""
        if name not in self.names:
            return None
        try:
            data = self.artifact.data(self.at(name))
        except Unreadable:
            return None
        try:
            return parse(data)
        except Unreadable as error:
            self.damaged.append(Damage(self.at(name), str(error)))
            return None

    def read(self) -> ModelFile | None:
        config = _mapping(self.json("config.json"))
        if not self._ours(config):
            return None
        facts = self._facts(config)
        version = facts.transformers_version
        main = next((n for n in ("config.json", "adapter_config.json") if n in self.names), next(iter(self.names)))
        return ModelFile(
            path=self.at(main),
            format="huggingface",
            size=sum(m.size for m in self.names.values()),
            writer={"transformers": version} if version else {},
            facts=facts,
        )

    def _ours(self, config: Mapping[str, Any]) -> bool:
        marked = not _MARKS.isdisjoint(self.names) or bool(self._index_names())
        named = any(key in config for key in ("model_type", "architectures", "auto_map", "transformers_version"))
        damaged_beside_weights = bool(self.damaged) and marked
        modules = isinstance(self.json("modules.json"), list)
        return marked or named or damaged_beside_weights or modules or self._pipeline() != ""

    def _facts(self, config: Mapping[str, Any]) -> Pretrained:
        auto_map = _references(config.get("auto_map"))
        tokenizer = self._tokenizer()
        weights = tuple(self.at(n) for n in self.names if _is_weights(n))
        inner = _mapping(config.get("text_config"))  # of models that see and read
        return Pretrained(
            folder=self.folder,
            config=config,
            model_type=_text(config, "model_type"),
            architectures=_texts(config.get("architectures")),
            transformers_version=_text(config, "transformers_version"),
            dtype=(_text(config, "dtype") or _text(config, "torch_dtype") or _text(inner, "dtype")).removeprefix(
                "torch."
            ),
            vocab_size=_first_count(config, ("vocab_size",)) or _first_count(inner, ("vocab_size",)),
            hidden_size=_first_count(config, _HIDDEN) or _first_count(inner, _HIDDEN),
            layers=_first_count(config, _LAYERS) or _first_count(inner, _LAYERS),
            auto_map=auto_map,
            absent_code=self._absent_code({**tokenizer.auto_map, **auto_map}),
            quantization=_text(_mapping(config.get("quantization_config")), "quant_method").lower(),
            weights=weights,
            indexes=tuple(self._indexes()),
            shard_gaps=_gaps(self.names),
            adapter=self._adapter(),
            tokenizer=tokenizer,
            generation="generation_config.json" in self.names,
            leftovers=tuple(self.at(n) for n in self.names if n in _LEFTOVERS or n.startswith("rng_state")),
            preprocessor=next(
                (self.at(n) for n in ("preprocessor_config.json", "processor_config.json") if n in self.names), ""
            ),
            modules=self._modules(),
            pipeline=self._pipeline(),
            damaged=tuple(dict.fromkeys(self.damaged)),
        )

    def _absent_code(self, auto_map: Mapping[str, str]) -> tuple[str, ...]:
        """Files that auto_map names in this folder; those of another repository are found by their reference alone."""
        wanted = {f"{value.split('.')[0]}.py" for value in auto_map.values() if value and "--" not in value}
        return tuple(sorted(wanted - set(self.names)))

    def _index_names(self) -> list[str]:
        return [n for n in self.names if n.endswith((".safetensors.index.json", ".bin.index.json"))]

    def _indexes(self) -> Iterator[Index]:
        for name in self._index_names():
            data = _mapping(self.json(name))
            weight_map = _mapping(data.get("weight_map"))
            shards = tuple(sorted({v for v in list(weight_map.values())[:MOST_NAMES] if isinstance(v, str)}))
            missing = tuple(s for s in shards if self.at(s) not in self.artifact.members)
            yield Index(self.at(name), shards, missing, _count(_mapping(data.get("metadata")), "total_size"))

    def _adapter(self) -> Adapter | None:
        if "adapter_config.json" not in self.names:
            return None
        data = _mapping(self.json("adapter_config.json"))
        weights = next((n for n in ("adapter_model.safetensors", "adapter_model.bin") if n in self.names), "")
        return Adapter(
            path=self.at("adapter_config.json"),
            kind=_text(data, "peft_type"),
            task=_text(data, "task_type"),
            base_model=_text(data, "base_model_name_or_path"),
            weights=self.at(weights) if weights else "",
            version=_text(data, "peft_version"),
        )

    def _tokenizer(self) -> Tokenizer:
        data = _mapping(self.json("tokenizer_config.json"))
        return Tokenizer(
            files=tuple(self.at(n) for n in self.names if n in _TOKENIZER_FILES),
            name=_text(data, "tokenizer_class"),
            auto_map=_references(data.get("auto_map")),
            chat_template="chat_template" in data or "chat_template.jinja" in self.names
            or "chat_template.json" in self.names,
            merges_as_pairs=self._merges_as_pairs(),
            steps=self._steps(),
            template_apart="chat_template" not in data and "chat_template.jinja" in self.names,
            extra_as_list=isinstance(data.get("extra_special_tokens"), list),
        )  # fmt: skip

    def _steps(self) -> tuple[str, ...]:
        """Return what tokenizer.json does besides its model, by the bytes before the vocabulary."""
        if "tokenizer.json" not in self.names:
            return ()
        try:
            data = self.artifact.data(self.at("tokenizer.json"))
        except Unreadable:
            return ()
        return steps(data)

    def _merges_as_pairs(self) -> bool | None:
        """Look at the first merge; megabytes of vocabulary are not parsed for it."""
        name = "tokenizer.json"
        if name in self.names and self.names[name].size > LARGEST_PARSED:
            try:
                data = self.artifact.data(self.at(name))
            except Unreadable:
                return None
            return merges_as_pairs(data)
        merges = _mapping(_mapping(self.json(name)).get("model")).get("merges")
        return isinstance(merges[0], list) if isinstance(merges, list) and merges else None

    def _modules(self) -> tuple[str, ...]:
        data = self.json("modules.json")
        if not isinstance(data, list):
            return ()
        return tuple(_text(_mapping(module), "type") for module in data[:MOST_NAMES])

    def _pipeline(self) -> str:
        return _text(_mapping(self.json("model_index.json")), "_class_name")


def parse(data: bytes) -> Any:
    """Return what JSON bytes hold; Unreadable where they are none."""
    try:
        value = json.loads(data.decode("utf-8"))
        if b"\\ud" in data or b"\\uD" in data:  # halves of a pair of surrogates, which nothing can print
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _dtype(config: Mapping[str, Any]) -> str:
    return (_text(config, "dtype") or _text(config, "torch_dtype")).removeprefix("torch.")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _count(data: Mapping[str, Any], key: str) -> int | None:
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _first_count(data: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    return next((found for key in keys if (found := _count(data, key)) is not None), None)


def _references(value: Any) -> dict[str, str]:
    """Return an auto_map with one reference for each auto class; a tokenizer's is a pair [slow, fast]."""
    flat: dict[str, str] = {}
    for key, reference in _mapping(value).items():
        names = _texts(reference) if isinstance(reference, list) else (reference,)
        for name in names:
            if isinstance(name, str):
                flat.setdefault(key, name)
    return flat


def _is_weights(name: str) -> bool:
    return name.endswith(_WEIGHTS) and name not in _NOT_WEIGHTS and not name.startswith(("._", "rng_state"))


def _gaps(names: Mapping[str, Member]) -> tuple[str, ...]:
    """Return the shards that the names of the others promise: of 3 there are 1 and 3."""
    gaps: list[str] = []
    series: dict[tuple[str, str, str], set[int]] = {}
    for name in names:
        found = re.fullmatch(r"(.{1,200})-(\d{5})-of-(\d{5})\.(safetensors|bin)", name)
        if found:
            series.setdefault((found[1], found[3], found[4]), set()).add(int(found[2]))
    for (stem, total, ending), present in series.items():
        absent = (n for n in range(1, int(total) + 1) if n not in present)
        gaps += [f"{stem}-{n:05d}-of-{total}.{ending}" for n in absent]
        if len(gaps) > MOST_NAMES:
            break
    return tuple(gaps[:MOST_NAMES])
