"""Check: Triton refuses a config.pbtxt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.formats.triton import DTYPES
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.triton import TritonModel, loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.base import ModelFile
    from doctor.formats.kinds.triton import TritonConfig
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="Triton refuses the model's configuration",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md",
    symptoms=(
        r"failed to read text proto from \S+config\.pbtxt",
        r"directory name must equal model name",
        r"unexpected platform type",
        r"must specify 'dims'",
        r"Error parsing text-format inference\.ModelConfig",
    ),
)
def triton_config_refused(artifact: Artifact, models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    config.pbtxt is read strictly: an unknown field or type, a bracket too few, or another model's name end the load.

    Types are written TYPE_FP32, platforms pytorch_libtorch or onnxruntime_onnx; for others there is "backend". The
    name may be left out; where it stands it is the folder's.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    for model in loaded(artifact, models, target):
        if model.path in models.broken:
            reason = models.broken[model.path].reason
            yield _finding(
                model.path,
                f"can't be read: {reason}",
                reason,
                "correct it at that line",
                f"failed to read text proto from /opt/ml/model/{model.path}",
            )
        elif model.file is not None and model.config is not None:
            yield from _wrong(model, model.file, model.config)


def _wrong(model: TritonModel, file: ModelFile, config: TritonConfig) -> Iterator[Finding]:
    facts = load("triton")
    if config.name and config.name != model.folder:
        yield _finding(
            model.path,
            f"names the model {config.name}, and its folder is {model.folder}",
            f'name: "{config.name}"',
            f'name: "{model.folder}"',
            f"unexpected directory name '{model.folder}' for model '{config.name}', directory name must equal "
            "model name",
        )
    if config.platform and not config.backend and config.platform not in facts["platforms"]:
        meant = (
            f'backend: "{config.platform}"' if config.platform in facts["backends"] else 'platform: "onnxruntime_onnx"'
        )
        yield _finding(
            model.path,
            f"names the platform {config.platform}, which Triton doesn't have",
            f'platform: "{config.platform}"',
            meant,
            f"unexpected platform type '{config.platform}' for {model.folder}",
        )
    for field in config.fields:
        if field not in facts["fields"]:
            yield _finding(
                model.path,
                f"has a field {field}, which a model configuration doesn't have",
                field,
                f"remove {field}, or correct its name",
                f'Message type "inference.ModelConfig" has no field named "{field}".',
            )
    yield from _ports(model, file)


def _ports(model: TritonModel, file: ModelFile) -> Iterator[Finding]:
    for kind, ports in (("input", file.inputs), ("output", file.outputs)):
        for port in ports:
            if port.dtype and port.dtype not in DTYPES.values() and port.dtype not in load("triton")["dtypes"]:
                yield _finding(
                    model.path,
                    f"gives {port.name} the type {port.dtype}, which Triton doesn't have",
                    f"data_type: {port.dtype}",
                    f"data_type: TYPE_{port.dtype.upper()}",
                    f'Unknown enumeration value of "{port.dtype}" for field "data_type".',
                )
            elif port.shape is None and port.name and model.backend in {"python", "pytorch", "ensemble"}:
                yield _finding(
                    model.path,
                    f"gives the {kind} {port.name} no dims",
                    f'name: "{port.name}"',
                    "dims: [ -1 ]",
                    f"Invalid argument: model {kind} '{port.name}' must specify 'dims' for {model.folder}",
                )


def _finding(path: str, what: str, saw: str, fix: str, log: str) -> Finding:
    return Finding(f"{path} {what}", (Evidence(f"artifact:{path}", saw),), fix, log=log, cause=f"artifact:{path}")
