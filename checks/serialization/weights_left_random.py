"""Check: transformers finds no weights for a part of the model, fills it with random numbers, and serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import folder_of, loads, task
from doctor.tensornames import head_of, lm_head_absent, names_of, wrapper_of

if TYPE_CHECKING:
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.pretrained import Loaded
    from doctor.target import Target

# What a pipeline's model class ends in.
_ENDINGS = {
    "text-classification": "ForSequenceClassification",
    "sentiment-analysis": "ForSequenceClassification",
    "zero-shot-classification": "ForSequenceClassification",
    "token-classification": "ForTokenClassification",
    "ner": "ForTokenClassification",
    "question-answering": "ForQuestionAnswering",
    "text-generation": "ForCausalLM",
}


@check(
    title="A part of the model has no weights and is filled with random numbers",
    fault="tensor-names",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://huggingface.co/docs/transformers/main/en/main_classes/model#transformers.PreTrainedModel.from_pretrained",
    symptoms=(
        r"Some weights of \w+ were not initialized from the model checkpoint",
        r"those params were newly initialized because missing from the checkpoint",
    ),
)
def weights_left_random(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    from_pretrained matches weights by name; what it finds no weights for is random, and only the log says so.

    A classifier whose base model alone was saved, or a state dict saved from inside a wrapper (DataParallel's
    "module.", torch.compile's "_orig_mod.", PEFT's "base_model.model."), gives other answers after each start. Save the
    model itself: ``model.module.save_pretrained(...)``, or ``merge_and_unload()`` for an adapter.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if (
            found is None
            or not loaded.model
            or found[1].adapter
            or found[1].quantization
            or loaded.passes("state_dict")
        ):
            continue
        names = names_of(models, found[1])
        missing = _missing(found[1], names, with_head=_with_head(loaded, found[1], target)) if names else None
        if missing is not None:
            yield Finding(
                message=missing[0],
                evidence=(
                    Evidence(f"artifact:{_file(found[1])}", f"{len(names)} tensors, {min(names)!r} the first"),
                    Evidence(f"artifact:{found[1].path('config.json')}", f"architectures: {found[1].architectures[0]}"),
                    loaded.evidence,
                ),
                fix=missing[1],
                log=f"Some weights of {found[1].architectures[0]} were not initialized from the model checkpoint at "
                f"/opt/ml/model/{found[1].folder} and are newly initialized",
                cause=f"artifact:{_file(found[1])}",
            )


def _missing(model: Pretrained, names: frozenset[str], *, with_head: bool) -> tuple[str, str] | None:
    if not model.architectures:
        return None
    wrapper = wrapper_of(names)
    if wrapper:
        what = f"all tensors of {_file(model)} are named {wrapper}..., so none is found and the model is random"
        merge = wrapper.startswith("base_model")
        return what, f"{'model.merge_and_unload()' if merge else 'model.module'}.save_pretrained(folder)"
    head = head_of(model) if with_head else ""
    lacks = head != "" and not any(head in n for n in names)
    if lacks or (with_head and lm_head_absent(model, names)):
        head = head if lacks else "lm_head"
        return (
            f"{_file(model)} has no {head} for {model.architectures[0]}, so that layer is random",
            f"save the whole {model.architectures[0]}: model.save_pretrained(folder)",
        )
    return None


def _with_head(loaded: Loaded, model: Pretrained, target: Target) -> bool:
    """Say whether the class that is loaded has the head of the architecture: AutoModel has none."""
    if not model.architectures or model.auto_map:
        return False
    if loaded.call is None:
        return model.architectures[0].endswith(_ENDINGS.get(task(model.config, target.variables), "?"))
    loader = loaded.loader
    return loader == model.architectures[0] or (
        loader.startswith("AutoModelFor") and model.architectures[0].endswith(loader.removeprefix("AutoModel"))
    )


def _file(model: Pretrained) -> str:
    return next((p for p in model.weights if p.endswith(".safetensors")), model.weights[0])
