"""Check: a Triton model without config.pbtxt whose backend can't make one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.triton import TritonModel, loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A Triton model has no config.pbtxt, and its backend can't do without",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/server/issues/3135",
    symptoms=(
        r"Could not determine backend for model",
        r"must specify .*(input|output)",
        r"failed to load all models",
    ),
    explains=("nested-root",),
)
def triton_config_missing(artifact: Artifact, models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    Triton makes a configuration by itself for ONNX, TensorRT and OpenVINO models; PyTorch models need a config.pbtxt.

    A TorchScript file names neither its inputs nor their types. Write inputs, outputs and platform into
    my_model/config.pbtxt. Where the models lie one folder deeper, Triton takes the folder above them for a model.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    for model in loaded(artifact, models, target):
        if model.configured:
            continue
        deeper = next((p for p in artifact.members if _is_config_below(p, model.folder)), "")
        needs = {
            n: v for n in load("triton")["must_have_config"] for v in model.versions if _has(artifact, model, v, n)
        }
        default = any(_has(artifact, model, v, n) for v in model.versions for n in load("triton")["default_files"])
        if deeper and not model.versions:
            yield _too_deep(model.folder, deeper)
        elif needs or (model.versions and not default):
            yield _missing(artifact, model, next(iter(needs), ""))


def _has(artifact: Artifact, model: TritonModel, version: str, name: str) -> bool:
    path = f"{model.folder}/{version}/{name}"
    return path in artifact or artifact.has_folder(path)


def _is_config_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") and path.endswith("/config.pbtxt") and path.count("/") == 2


def _too_deep(folder: str, config: str) -> Finding:
    return Finding(
        message=f"{folder}/ is taken for a model, and the models lie in folders below it",
        evidence=(Evidence(f"artifact:{config}", f"the configuration of a model, and none is in {folder}/ itself"),),
        fix=f"tar -C {folder} -czf model.tar.gz .",
        log=f"Invalid model name: Could not determine backend for model '{folder}' with no backend in model "
        "configuration.",
        cause="artifact:root",
    )


def _missing(artifact: Artifact, model: TritonModel, name: str) -> Finding:
    there = [m.path for m in artifact.under(f"{model.folder}/{model.versions[0]}")][:6]
    log = f"Invalid model name: Could not determine backend for model '{model.folder}' with no backend in model "
    log += "configuration."
    return Finding(
        message=f"{model.folder}/ has no config.pbtxt, "
        + (f"and nothing makes one for {name}" if name else "and no file in it is named after a backend"),
        evidence=(Evidence(f"artifact:{model.folder}/", f"no config.pbtxt; {', '.join(there) or 'no file'}"),),
        fix=f'{model.path}:\nplatform: "pytorch_libtorch"\nmax_batch_size: 8\ninput [{{ name: "INPUT__0" data_type: '
        'TYPE_FP32 dims: [ -1 ] }}]\noutput [{ name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ -1 ] }]',
        likelihood=Likelihood.LIKELY,
        log="" if name else log,
        cause=f"artifact:{model.path}",
    )
