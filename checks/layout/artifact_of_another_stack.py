"""Check: without a script, nothing in the archive is what the stack serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The artifact is of another framework than the stack serves",
    fault="wrong-image-kind",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/model-deploy-feature-matrix.html",
    symptoms=(
        r"Exactly one \.pth or \.pt file is required for PyTorch models: \[\]",
        r"no SavedModel bundles found",
        r"Model \S+ cannot be loaded",
    ),
    explains=(
        "default-model-file-absent",
        "savedmodel-no-version-folder",
        "hf-task-missing",
        "stray-file-read-as-model",
        "config-missing",
    ),
)
def artifact_of_another_stack(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    Without a script of your own, each stack loads the files of its own framework and no others.

    A SavedModel on the PyTorch stack, a joblib file on TensorFlow Serving, or a .mar on the SageMaker PyTorch image
    isn't opened by anything. Take the image of the framework, or pack code/inference.py with a model_fn that loads
    the file.
    """
    facts = load("stacks")
    takes = facts["takes"].get(stack)
    if takes is None or (handler and stack != "tensorflow-serving") or _elsewhere(target) or models.broken:
        return
    if any(m.format in takes for m in models.files) or _may_hold(artifact, stack):
        return
    found = [m for m in models.files if m.format in facts["families"] and not m.path.startswith("code/")]
    if not found or any(m.format == "huggingface" for m in models.files):
        return
    first = next((m for m in found if m.format in {"torch-model-archive", "mlmodel", "triton-config"}), found[0])
    other = facts["served_by"].get(first.format, "")
    yield Finding(
        message=f"{first.path} is {facts['families'][first.format]}, there is no script, and the {stack} stack doesn't "
        "load such files",
        evidence=(Evidence(f"artifact:{first.path}", first.format), Evidence("target:stack", stack)),
        fix=(f"take an image of the {other} stack, " if other and other != stack else "take an image of your own, ")
        + "or pack code/inference.py with a model_fn that loads it",
        likelihood=Likelihood.LIKELY,
        log=facts["logs"].get(stack, "").format(path=first.path),
        cause="artifact:root",
    )


def _elsewhere(target: Target) -> bool:
    """Say whether the model or the script comes from elsewhere."""
    return any(
        target.variables.get(n) for n in ("SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY", "HF_MODEL_ID", "MODEL_ID")
    )


def _may_hold(artifact: Artifact, stack: str) -> bool:
    """Say whether a file may be the stack's own that no reader knows."""
    endings = {
        "pytorch": (".pt", ".pth"),
        "tensorflow-serving": (".pb",),
        "huggingface": (".h5", ".msgpack", "/handler.py"),
    }
    return any(artifact.named(*endings.get(stack, ("config.json",)), "config.json", ".py"))
