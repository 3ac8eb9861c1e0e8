"""Check: config.pbtxt and the ONNX model disagree on inputs or outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.onnx import Onnx
from doctor.formats.triton import DTYPES
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.triton import TritonModel, loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.base import ModelFile, Port
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="Triton's configuration contradicts the model's inputs or outputs",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/onnxruntime_backend/blob/main/src/onnxruntime.cc",
    symptoms=(
        r"the model expects \d+ dimensions .* but the model configuration specifies",
        r"unexpected inference (input|output) '[^']+'",
        r"configuration expects datatype \S+ for (input|output)",
    ),
)
def triton_config_contradicts_model(
    artifact: Artifact, models: Models, stack: str, target: Target
) -> Iterator[Finding]:
    """
    Triton compares config.pbtxt with the ONNX file: names, types and the number of dimensions have to be its own.

    With max_batch_size above 0 the dims leave the first, the batch's, out: [ 4 ] for a model of [batch, 4]. Or leave
    inputs and outputs out altogether: Triton reads them from the file.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    for model in loaded(artifact, models, target):
        if model.backend != "onnxruntime" or model.file is None or model.config is None:
            continue
        for version in model.versions:
            file = models.at(f"{model.folder}/{version}/{model.filename}")
            if file is not None and isinstance(file.facts, Onnx):
                yield from _compare(model, model.file, file)


def _compare(model: TritonModel, config: ModelFile, file: ModelFile) -> Iterator[Finding]:
    for kind, asked, has in (("input", config.inputs, file.inputs), ("output", config.outputs, file.outputs)):
        known = {p.name: p for p in has}
        for port in asked:
            said = _said(model, kind, port, known) if known and port.name else None
            if said is not None:
                message, saw, fix, log = said
                yield Finding(
                    message=f"{model.path} {message}",
                    evidence=(Evidence(f"artifact:{model.path}", saw), Evidence(f"artifact:{file.path}", _ports(has))),
                    fix=fix,
                    log=log,
                    cause=f"artifact:{model.path}",
                )
                return


def _said(model: TritonModel, kind: str, port: Port, known: dict[str, Port]) -> tuple[str, str, str, str] | None:
    name = port.name
    if name not in known:
        allowed = ", ".join(known)
        return (
            f"gives the model an {kind} {name}, and the file's are {allowed}",
            f'name: "{name}"',
            f'name: "{next(iter(known))}"',
            f"unexpected inference {kind} '{name}', allowed {kind}s are: {allowed}",
        )
    real = known[name]
    if port.dtype != real.dtype and port.dtype in DTYPES.values() and real.dtype in DTYPES.values():
        words = {v: k for k, v in DTYPES.items()}
        asked, has = words[port.dtype], words[real.dtype]
        return (
            f"gives {name} the type {asked}, and the file's is {real.dtype}",
            f"data_type: {asked}",
            f"data_type: {has}",
            f"configuration expects datatype {asked} for {kind} '{name}', model provides {has}",
        )
    return _dims(model, port, real)


def _dims(model: TritonModel, port: Port, real: Port) -> tuple[str, str, str, str] | None:
    if model.config is None or port.shape is None or real.shape is None or port.name in model.config.reshaped:
        return None
    batched = model.config.max_batch_size > 0
    asked = (None, *port.shape) if batched else port.shape
    fixed_batch = batched and real.shape and isinstance(real.shape[0], int)
    differ = any(isinstance(r, int) and isinstance(a, int) and r != a for a, r in zip(asked, real.shape, strict=False))
    if len(asked) == len(real.shape) and not differ and not fixed_batch:
        return None
    right = ", ".join(str(d) if isinstance(d, int) else "-1" for d in (real.shape[1:] if batched else real.shape))
    has, wrote = _shape(real.shape), _shape(asked)
    why = f" with the batch's before it, since max_batch_size is {model.config.max_batch_size}" if batched else ""
    return (
        f"gives {port.name} the dims {_shape(port.shape)}{why}, and the file's are {has}",
        f"dims: {_shape(port.shape)}",
        "max_batch_size: 0" if fixed_batch else f"dims: [ {right} ]",
        f"model '{model.folder}', tensor '{port.name}': the model expects {len(real.shape)} dimensions (shape {has}) "
        f"but the model configuration specifies {len(asked)} dimensions (shape {wrote})",
    )


def _shape(shape: tuple[int | str | None, ...]) -> str:
    return "[" + ",".join(str(d) if isinstance(d, int) else "-1" for d in shape) + "]"


def _ports(ports: tuple[Port, ...]) -> str:
    return ", ".join(f"{p.name} {p.dtype}{_shape(p.shape or ())}" for p in ports[:6])
