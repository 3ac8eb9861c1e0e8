"""Check: an older transformers refuses the model's rope_scaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import facts
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import folder_of, loads

if TYPE_CHECKING:
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
        r"`rope_scaling` must be a dictionary with (with )?two fields",
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
) -> Iterator[Finding]:
    """
    Llama 3.1 and later models stretch their positions in a way that transformers knows since 4.43.

    Releases before take "type" and "factor" alone, and refuse the whole config. Raise transformers in
    code/requirements.txt, or take a newer image.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not (loaded.model or loaded.loader == "AutoConfig"):
            continue
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
                log="ValueError: `rope_scaling` must be a dictionary with two fields, `type` and `factor`, got "
                f"{found[1].config['rope_scaling']}",
                cause="serving:pkg/transformers",
            )
            return


def _refused(model: Pretrained) -> str:
    """Return the names of the fields where they are others than an older transformers takes, "" where it takes them."""
    scaling = model.config.get("rope_scaling")
    if not isinstance(scaling, dict) or not scaling:
        return ""
    plain = set(scaling) == {"type", "factor"} and scaling["type"] in _LISTED and isinstance(scaling["factor"], float)
    return "" if plain else ", ".join(list(scaling)[:8])


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
