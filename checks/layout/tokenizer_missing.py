"""Check: a text model is loaded with a tokenizer whose files are not packed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import facts
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, loads, task

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_NO_VOCABULARY = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja")
_WITHOUT_FILES = ("ByT5", "Canine", "Perceiver", "MyT5", "CharacterBert")  # read characters: they have none


@check(
    title="The tokenizer is not packed",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-huggingface-inference-toolkit/issues/31",
    symptoms=(
        r"Can't load tokenizer for '",
        r"stat: path should be string, bytes, os\.PathLike or integer, not NoneType",
        r"Couldn't instantiate the backend tokenizer from one of",
        r"Either model_file or model_proto must be specified",
    ),
)
def tokenizer_missing(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    ``model.save_pretrained`` writes the model, and the tokenizer only ``tokenizer.save_pretrained`` writes.

    A Trainer that was given no tokenizer saves none. The pipeline then finds no vocabulary in the folder. With
    transformers 5 many tokenizers don't fail but are made empty, so that every word is unknown to them: the endpoint
    answers, and its answers mean nothing.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not _wanted(loaded, found[1], target) or _has_vocabulary(found[1]):
            continue
        _, model = found
        table = facts.load("tokenizers_without_files")
        if model.model_type not in (*table["fails"], *table["empty_since_5"]):
            yield Unknown(f"whether a tokenizer of {model.model_type} needs files was not measured")
            continue
        version = serving.version("transformers")
        if version is None:
            return
        empty = version.major >= 5 and model.model_type in table["empty_since_5"]
        end = "an empty one is made, to which every word is unknown" if empty else "loading it fails"
        yield Finding(
            message=f"no tokenizer is packed with the {model.model_type} model, and with transformers {version} {end}",
            evidence=(
                Evidence(f"artifact:{model.path('tokenizer.json')}", "not in the artifact, nor any other vocabulary"),
                loaded.evidence,
                serving.evidence("transformers"),
            ),
            fix="tokenizer.save_pretrained(folder) beside model.save_pretrained(folder), then pack the folder",
            log="" if empty else f"OSError: Can't load tokenizer for '/opt/ml/model/{model.folder}'.",
            cause=f"artifact:{model.path('tokenizer.json')}",
        )
        return


def _wanted(loaded: Loaded, model: Pretrained, target: Target) -> bool:
    if not loaded.tokenizer or loaded.passes("tokenizer") or not model.model_type:
        return False
    without = facts.load("huggingface_toolkit")["without_tokenizer"]
    return loaded.call is not None or task(model.config, target.variables) not in ("", *without)


def _has_vocabulary(model: Pretrained) -> bool:
    kept = [f for f in model.tokenizer.files if not f.endswith(_NO_VOCABULARY)]
    return bool(kept) or model.tokenizer.name.startswith(_WITHOUT_FILES) or bool(model.tokenizer.auto_map)
