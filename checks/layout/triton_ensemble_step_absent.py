"""Check: a Triton ensemble calls a model that isn't there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.triton import folders, loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A Triton ensemble calls a model that is not in the repository",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/server/blob/main/docs/user_guide/ensemble_models.md",
    symptoms=(
        r"contains models that are not available or ambiguous",
        r"model not found in any model repository",
    ),
)
def triton_ensemble_step_absent(artifact: Artifact, models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    Each step of an ensemble names a model of the same repository by its folder.

    A name that isn't there ends the load of the ensemble. Pack the model's folder beside it, or correct the name.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    there = folders(artifact)
    for model in loaded(artifact, models, target):
        for step in model.config.steps if model.config else ():
            if step and step not in there:
                yield Finding(
                    message=f"the ensemble {model.folder} calls {step}, "
                    f"and the repository has {', '.join(sorted(there)[:6])}",
                    evidence=(Evidence(f"artifact:{model.path}", f'model_name: "{step}"'),),
                    fix=f"pack {step}/ beside {model.folder}/, or correct the name",
                    log=f"ensemble {model.folder} contains models that are not available or ambiguous: {step}",
                    cause=f"artifact:{model.path}",
                )
