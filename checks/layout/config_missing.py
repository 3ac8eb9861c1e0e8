"""Check: weights without the config.json that says what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import Loaded, folder_of, loads

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="There are weights and no config.json",
    fault="not-a-full-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/artidoro/qlora/issues/175",
    symptoms=(
        r"does not appear to have a file named config\.json",
        r"Unrecognized model in .*Should have a `model_type` key in its config\.json",
    ),
)
def config_missing(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    The library transformers builds the model from config.json and then fills in the weights.

    ``torch.save(model.state_dict(), "pytorch_model.bin")`` writes the weights alone; ``model.save_pretrained(folder)``
    writes both. An Auto class also needs the config's "model_type".
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.model or loaded.passes("config") or not found[1].weights:
            continue
        _, facts = found
        if loaded.call is None and not target.variables.get("HF_TASK") and facts.path("config.json") not in artifact:
            continue  # without a config there is no task either: hf-task-missing says so
        missing = _missing(artifact, facts, loaded)
        if missing:
            yield Finding(
                message=f"{missing}, so {loaded.loader} can't tell which model it is",
                evidence=(Evidence(f"artifact:{_place(artifact, facts)}", missing), loaded.evidence),
                fix="model.save_pretrained(folder) writes weights and config.json; pack the whole folder",
                log=f"ValueError: Unrecognized model in /opt/ml/model/{facts.folder}. "
                "Should have a `model_type` key in its config.json.",
                cause=f"artifact:{facts.path('config.json')}",
            )


def _missing(artifact: Artifact, facts: Pretrained, loaded: Loaded) -> str:
    if facts.path("config.json") not in artifact:
        without = facts.adapter or facts.leftovers or facts.pipeline
        return "" if without else f"no config.json is beside {facts.weights[0]}"
    named = facts.model_type or "AutoConfig" in facts.auto_map or facts.damaged or not facts.config
    return f'{facts.path("config.json")} has no "model_type"' if loaded.auto and not named else ""


def _place(artifact: Artifact, facts: Pretrained) -> str:
    config = facts.path("config.json")
    return config if config in artifact else facts.weights[0]
