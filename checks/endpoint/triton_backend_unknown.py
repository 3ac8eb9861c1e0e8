"""Check: a Triton model names a backend that nobody has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.triton import loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="Triton has no backend of that name",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/backend/blob/main/README.md",
    symptoms=(r"unable to find backend library for backend '[^']+'",),
    explains=("triton-model-file-absent",),
)
def triton_backend_unknown(artifact: Artifact, models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    A backend is a library that Triton finds by the name in config.pbtxt: python, onnxruntime, pytorch, tensorrt, fil.

    One of your own has to lie beside the model, as libtriton_NAME.so, or in the image's folder of backends.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    known = load("triton")["backends"]
    for model in loaded(artifact, models, target):
        name = model.config.backend if model.config else ""
        if not name or name in known or any(artifact.named(f"libtriton_{name}.so")) or _of_image(target):
            continue
        if model.config is not None and "runtime" in model.config.fields:
            continue
        close = next((k for k in known if _alike(k, name)), "")
        yield Finding(
            message=f"{model.path} names the backend \"{name}\", which Triton's images don't have",
            evidence=(Evidence(f"artifact:{model.path}", f'backend: "{name}"'),),
            fix=f'backend: "{close}"' if close else f"pack libtriton_{name}.so into {model.folder}/",
            likelihood=Likelihood.CERTAIN if close else Likelihood.LIKELY,
            log=f"unable to find backend library for backend '{name}', try specifying runtime on the model "
            "configuration.",
            cause=f"artifact:{model.path}",
        )


def _alike(known: str, name: str) -> bool:
    return abs(len(known) - len(name)) < 3 and len(set(known) ^ set(name)) < 3 and known[0] == name[0]


def _of_image(target: Target) -> bool:
    return "backend" in target.variables.get("SAGEMAKER_TRITON_ADDITIONAL_ARGS", "")
