"""Check: without a script, the file that the stack's default handler loads is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in, is_apple_double, lone_folder
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.target import Target

_MXNET = ("model-symbol.json", "model-0000.params", "model-shapes.json")


_OR = {
    "pytorch": "put it at the root of the archive as model.pt",
    "mxnet": "put them at the root of the archive under these names",
    "xgboost": "put it at the root of the archive",
}


@check(
    title="The model file that the default handler loads is not there",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/blob/v2.0.25/src/sagemaker_pytorch_serving_container/default_pytorch_inference_handler.py",
    symptoms=(
        r"Exactly one \.pth or \.pt file is required for PyTorch models",
        r"Failed to load .* with default model_fn: missing file",
        r"IndexError: list index out of range",
        r"StopIteration",
    ),
)
def default_model_file_absent(artifact: Artifact, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    Without a script of your own the server loads a file that it knows by name, at the root of the archive.

    PyTorch: model.pt, or else the only .pt or .pth there. MXNet: model-symbol.json, model-0000.params and
    model-shapes.json. XGBoost: the files at the root, so a model in a folder isn't seen. Put the model there, or pack
    code/inference.py with a model_fn.
    """
    if handler or "SAGEMAKER_PROGRAM" in target.variables or not any(artifact.files()):
        return
    missing = {"pytorch": _pytorch, "mxnet": _mxnet, "xgboost": _xgboost}.get(stack, lambda _: None)(artifact)
    if missing:
        message, log = missing
        at_root = [m.path for m in directly_in(artifact, "")][:8]
        yield Finding(
            message=message,
            evidence=(Evidence("artifact:/", f"at the root: {', '.join(at_root) or 'no file'}"),),
            fix=f"pack code/inference.py with a model_fn that loads your file, or {_OR[stack]}",
            likelihood=Likelihood.LIKELY,
            log=log,
            cause="artifact:root",
        )


def _pytorch(artifact: Artifact) -> tuple[str, str] | None:
    if "model.pt" in artifact or lone_folder(artifact):
        return None  # TorchServe looks into a lone folder too
    found = [m.path for m in directly_in(artifact, "") if m.path.endswith((".pt", ".pth"))]
    if len(found) == 1 or any(is_apple_double(path) for path in found):
        return None
    saw = f"{len(found)} at the root: {', '.join(found)}" if found else "none at the root"
    return (
        f"there is no script, and the default one wants model.pt or exactly one .pt or .pth file: {saw}",
        f"ValueError: Exactly one .pth or .pt file is required for PyTorch models: {found}",
    )


def _mxnet(artifact: Artifact) -> tuple[str, str] | None:
    absent = [name for name in _MXNET if name not in artifact]
    if not absent:
        return None
    return (
        f"there is no script, and the default one wants {', '.join(absent)} at the root",
        f"ValueError: Failed to load a model with default model_fn: missing file {absent[0]}.",
    )


def _xgboost(artifact: Artifact) -> tuple[str, str] | None:
    if any(not m.path.startswith(".") for m in directly_in(artifact, "")):
        return None
    first = next(artifact.files()).path
    return (
        f"the model is {first}, and without a script only files at the root of the archive are looked at",
        "IndexError: list index out of range",
    )
