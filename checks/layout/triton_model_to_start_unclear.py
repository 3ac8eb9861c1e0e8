"""Check: Triton has several folders at the root, none, or not the one that is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.errors import Unreadable
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.triton import DEFAULT, folders

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target


@check(
    title="Nothing tells which folder is Triton's model",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/triton-inference-server/server/blob/main/docker/sagemaker/serve",
    symptoms=(
        r"ERROR: More than 1 model directory found in model repository",
        r"ERROR: No model found in model repository",
        r"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME \S+ does not exist",
    ),
)
def triton_model_to_start_unclear(artifact: Artifact, stack: str, target: Target) -> Iterator[Finding]:
    """
    The serve script starts one model: the folder that SAGEMAKER_TRITON_DEFAULT_MODEL_NAME names, else the only one.

    It counts every folder at the root, so a code/ or __MACOSX/ beside the model's is one too many. An ensemble, or
    models that call each other, need the variable: it names the one that requests go to.
    """
    if stack != "triton" or target.is_a("multi-model") or "config.pbtxt" in artifact:
        return
    there = folders(artifact)
    named = target.variables.get(DEFAULT, "")
    if (named and named in there) or (not named and len(there) == 1):
        return
    listed = ", ".join(f"{f}/" for f in sorted(there)[:8])
    real = [f for f in there if f"{f}/config.pbtxt" in artifact] or there
    if named:
        message, log = (
            f"{DEFAULT} is {named}, and no folder of that name is at the root",
            f"{DEFAULT} {named} does not exist",
        )
        log = f"ERROR: Directory with provided {log}"
    elif there:
        message = f"{len(there)} folders are at the root ({listed}), and {DEFAULT} doesn't say which to start"
        log = "ERROR: More than 1 model directory found in model repository."
    else:
        message, log = "no folder is at the root, where each model has one", "ERROR: No model found in model repository"
    yield Finding(
        message=message,
        evidence=(Evidence("artifact:/", f"folders at the root: {listed or 'none'}"),),
        fix=f"set the variable {DEFAULT}={_whole(artifact, real)}"
        if real
        else "mkdir -p my_model/1 and put the model there",
        log=log,
        cause="artifact:root",
    )


def _whole(artifact: Artifact, there: list[str]) -> str:
    """Return the ensemble among the models, or the first."""
    ensembles = [f for f in there if f"{f}/config.pbtxt" in artifact and _is_ensemble(artifact, f)]
    return (ensembles or there)[0]


def _is_ensemble(artifact: Artifact, folder: str) -> bool:
    try:
        return "ensemble_scheduling" in artifact.text(f"{folder}/config.pbtxt")
    except Unreadable:
        return False
