"""Check: the tokenizer's class is one that only a newer transformers has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_CLASS_READ = (4, 12)  # 4.12.3 makes the class that tokenizer_config.json names, 4.6.1 that of the model

# What 4.45 and later make of any failure where protobuf is not installed.
_PROTOBUF = "ImportError: requires the protobuf library but it was not found in your environment."


@check(
    title="The tokenizer was written by a newer transformers",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/unslothai/unsloth/issues/8444",
    symptoms=(
        r"Tokenizer class \w+ does not exist or is not currently imported",
        r"'list' object has no attribute 'keys'",
        r"requires the protobuf library but it was not found",
    ),
)
def tokenizer_written_by_newer_transformers(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    AutoTokenizer makes the class that tokenizer_config.json names, and each release of transformers adds some.

    Transformers 5 writes "tokenizer_class": "TokenizersBackend", which no 4.x has. The tokenizer itself is the same:
    change the class in tokenizer_config.json to PreTrainedTokenizerFast, or serve with transformers 5. It also writes
    "extra_special_tokens" as a list, which 4.48 to 4.57 refuse. A class of a newer model, as Qwen2Tokenizer, needs the
    release that brought it.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.tokenizer or loaded.passes("tokenizer"):
            continue
        told = list(_unknown_class(found[1], loaded, serving)) or list(_refused(found[1], loaded, serving))
        yield from told
        if told:
            return


def _unknown_class(model: Pretrained, loaded: Loaded, serving: Environment) -> Iterator[Finding | Unknown]:
    name = model.tokenizer.name
    since, before = _measured(name)
    version = serving.version("transformers") if since and not model.tokenizer.auto_map else None
    if version is None or version.release >= _release(since) or version.release < _CLASS_READ:
        return
    if version.release > _release(before) and not (since.startswith("5.") and version.major < 5):
        yield Unknown(f"whether transformers {version} has the class {name} was not measured")
        return
    path = model.path("tokenizer_config.json")
    yield _finding(
        f"{path} names the class {name}, which transformers {version} doesn't have",
        Evidence(f"artifact:{path}", f'"tokenizer_class": "{name}"'),
        f"sed -i 's/{name}/PreTrainedTokenizerFast/' {path}"
        if name == "TokenizersBackend"
        else f"echo 'transformers>={since}' >> code/requirements.txt",
        f"ValueError: Tokenizer class {name} does not exist or is not currently imported.",
        (serving, loaded),
    )


def _refused(model: Pretrained, loaded: Loaded, serving: Environment) -> Iterator[Finding | Unknown]:
    """Ask of what transformers 5 writes in another way, and only some releases refuse."""
    kept, table = model.tokenizer, load("tokenizer_classes")
    if kept.extra_as_list:
        row, version = table["extra_as_list"], serving.version("transformers")
        if version is None or not _release(row["reads"]) < version.release < (5,):
            return
        if version.release < _release(row["refuses"]):
            yield Unknown(f"whether transformers {version} reads a list of extra_special_tokens was not measured")
            return
        path = model.path("tokenizer_config.json")
        yield _finding(
            f"extra_special_tokens in {path} is a list, and transformers {version} takes a mapping",
            Evidence(f"artifact:{path}", '"extra_special_tokens": [...]'),
            f"rename extra_special_tokens in {path} to additional_special_tokens",
            "AttributeError: 'list' object has no attribute 'keys'" if "protobuf" in serving.packages else _PROTOBUF,
            (serving, loaded),
        )
        return
    for row in table["without"]:
        ours = row.get("class") == kept.name.removesuffix("Fast") or row.get("model_type") == model.model_type
        if ours and kept.steps and not any(step.startswith(f"{row['part']} ") for step in kept.steps):
            yield from _without(row, model, loaded, serving)


def _without(
    row: Mapping[str, str], model: Pretrained, loaded: Loaded, serving: Environment
) -> Iterator[Finding | Unknown]:
    version = serving.version("transformers")
    if version is None or version.release >= _release(row["reads"]):
        return
    if version.release > _release(row["refuses"]):
        yield Unknown(f"whether transformers {version} reads a tokenizer without {row['part']} was not measured")
        return
    path = model.path("tokenizer.json")
    yield _finding(
        f"{path} has no {row['part']}, and the tokenizer that transformers {version} makes of it needs one",
        Evidence(f"artifact:{path}", f'"{row["part"]}": null'),
        f"pip install transformers=={version}, and save the tokenizer with that",
        _PROTOBUF
        if version.release >= (4, 45) and "protobuf" not in serving.packages
        else "TypeError: the JSON object must be str, bytes or bytearray, not NoneType"
        if serving.python_version() >= (3, 11)
        else "AttributeError: 'NoneType' object has no attribute '__getstate__'",
        (serving, loaded),
    )


def _measured(name: str) -> tuple[str, str]:
    """Return the first measured version that has a tokenizer class and the one before, "" where all have it."""
    table = load("tokenizer_classes")
    versions: list[str] = table["versions"]
    since = next((v for v, names in table["first"].items() if name.removesuffix("Fast") in names), "")
    return (since, versions[versions.index(since) - 1]) if since else ("", "")


def _finding(message: str, seen: Evidence, fix: str, log: str, by: tuple[Environment, Loaded]) -> Finding:
    serving, loaded = by
    return Finding(
        message=message,
        evidence=(seen, serving.evidence("transformers"), loaded.evidence),
        fix=fix,
        log=log,
        cause="serving:pkg/transformers",
    )


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
