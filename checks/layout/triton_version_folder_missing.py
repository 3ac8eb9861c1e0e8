"""Check: a Triton model has no folder of a version that is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.triton import TritonModel, loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A Triton model has no version folder",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md",
    symptoms=(
        r"at least one version must be available under the version policy",
        r"No model version was found",
    ),
    explains=("triton-model-file-absent",),
)
def triton_version_folder_missing(artifact: Artifact, models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    A model's files lie in a folder named by its version, a number without a leading zero: my_model/1/model.onnx.

    Other names ("v1", "007") are passed over, and a version_policy that asks for a version which isn't there finds
    none. An ensemble needs an empty version folder too.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    for model in loaded(artifact, models, target):
        wanted = set(model.config.versions) if model.config else set()
        if not model.configured or (set(model.versions) & wanted if wanted else model.versions):
            continue
        below = sorted({p[len(model.folder) + 1 :].partition("/")[0] for p in artifact.members if _is_below(p, model)})
        asked = f"version_policy asks for {', '.join(sorted(wanted))}; " if wanted else ""
        yield Finding(
            message=f"{asked}{model.folder}/ has {'only ' + ', '.join(below[:6]) if below else 'nothing'} in it, "
            "and no folder of a version to load",
            evidence=(Evidence(f"artifact:{model.folder}/", f"in it: {', '.join(below[:8]) or 'nothing'}"),),
            fix=f"mkdir {model.folder}/1 && mv {model.folder}/{model.filename or 'model.*'} {model.folder}/1/",
            log=f"at least one version must be available under the version policy of model '{model.folder}'",
            cause=f"artifact:{model.folder}",
        )


def _is_below(path: str, model: TritonModel) -> bool:
    return path.startswith(f"{model.folder}/") and path != f"{model.folder}/"
