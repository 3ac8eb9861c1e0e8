"""Check: an older transformers refuses the model's rope_scaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import facts
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, loads

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_LISTED = frozenset({"linear", "dynamic"})


@check(
    title="The serving transformers refuses the model's rope_scaling",
    fault="architecture-unknown-to-image",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/meta-llama/llama3/issues/299",
    symptoms=(
        r"Validation error for field 'rope_parameters'",
        r"`rope_scaling` must be a dictionary with (with )?(two|three) fields",
        r"`rope_scaling`'s type field must be one of",
    ),
    explains=(
        "tokenizer-json-newer-than-tokenizers",
        "tokenizer-written-by-newer-transformers",
        "rope-parameters-unread",
    ),
)
def rope_scaling_refused(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Llama 3.1 and later models stretch their positions in a way that transformers knows since 4.43.

    Releases before take "type" and "factor" alone, and refuse the whole config. Raise transformers in
    code/requirements.txt, or take a newer image. A ModernBERT saved by 5.0.0 is refused by later releases: save it
    again, or take out of "rope_parameters" what stands beside the two kinds of layers.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not (loaded.model or loaded.loader == "AutoConfig"):
            continue
        yield from _by_layers(found[1], loaded, serving)
        yield from _by_type(found[1], loaded, serving)
        row = facts.load("rope_scaling")["strict"].get(found[1].model_type)
        fields = _refused(found[1]) if row else ""
        version = serving.version("transformers") if fields else None
        if version is not None and _release(row["from"]) <= version.release < _release(row["before"]):
            yield Finding(
                message=f"transformers {version} takes a rope_scaling of type and factor alone, and the model's has "
                f"{fields}",
                evidence=(
                    Evidence(f"artifact:{found[1].path('config.json')}", f'"rope_scaling": {{{fields}}}'),
                    serving.evidence("transformers"),
                    loaded.evidence,
                ),
                fix=f"echo 'transformers>={row['before']}' >> code/requirements.txt"
                if stack != "vllm"
                else f"an image with transformers {row['before']} or later",
                log=f"ValueError: `rope_scaling` must be a dictionary {_worded(version)}, got "
                f"{found[1].config['rope_scaling']}",
                cause="serving:pkg/transformers",
            )
            return


def _by_layers(model: Pretrained, loaded: Loaded, serving: Environment) -> Iterator[Finding | Unknown]:
    row, rope = facts.load("rope_scaling")["by_layers"].get(model.model_type), model.config.get("rope_parameters")
    if not row or not isinstance(rope, dict) or len({isinstance(value, dict) for value in rope.values()}) < 2:
        return
    version = serving.version("transformers")
    if version is None or version.release <= _release(row["reads"]):
        return
    if version.release < _release(row["refuses"]):
        yield Unknown(f"whether transformers {version} reads such rope_parameters was not measured")
        return
    path, beside = model.path("config.json"), [name for name, value in rope.items() if not isinstance(value, dict)]
    yield Finding(
        message=f"rope_parameters in {path} holds {', '.join(beside)} beside the kinds of layers, and transformers "
        f"{version} refuses that",
        evidence=(
            Evidence(f"artifact:{path}", f'"rope_parameters": {{{", ".join(rope)}}}'),
            serving.evidence("transformers"),
            loaded.evidence,
        ),
        fix=f"take {', '.join(beside)} out of rope_parameters in {path}",
        log="huggingface_hub.errors.StrictDataclassFieldValidationError: Validation error for field 'rope_parameters':",
        cause=f"artifact:{path}",
    )


def _by_type(model: Pretrained, loaded: Loaded, serving: Environment) -> Iterator[Finding | Unknown]:
    row, scaling = facts.load("rope_scaling")["types"].get(model.model_type), model.config.get("rope_scaling")
    if not row or not isinstance(scaling, dict) or scaling.get("type") != row["type"]:
        return
    version = serving.version("transformers")
    if (
        version is None
        or version.release[:2] < _release(row["refuses"])[:2]
        or version.release >= _release(row["reads"])
    ):
        return
    if version.release > _release(row["refuses"]):
        yield Unknown(f"whether transformers {version} reads a rope_scaling of type {row['type']} was not measured")
        return
    path = model.path("config.json")
    yield Finding(
        message=f"the model's rope_scaling is of type {row['type']}, which transformers {version} refuses",
        evidence=(
            Evidence(f"artifact:{path}", f'"rope_scaling": {{"type": "{row["type"]}"}}'),
            serving.evidence("transformers"),
            loaded.evidence,
        ),
        fix=f"echo 'transformers>={row['reads']}' >> code/requirements.txt",
        log=row["error"],
        cause="serving:pkg/transformers",
    )


def _refused(model: Pretrained) -> str:
    """Return the names of the fields where they are others than an older transformers takes, "" where it takes them."""
    scaling = model.config.get("rope_scaling")
    if not isinstance(scaling, dict) or not scaling:
        return ""
    plain = set(scaling) == {"type", "factor"} and scaling["type"] in _LISTED and isinstance(scaling["factor"], float)
    return "" if plain else ", ".join(list(scaling)[:8])


def _worded(version: Version) -> str:
    """Return the fields as the release names them, its slips included."""
    if version.release < (4, 32):
        return "with with two fields, `name` and `factor`"
    return f"with {'with ' if version.release < (4, 38) else ''}two fields, `type` and `factor`"


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
