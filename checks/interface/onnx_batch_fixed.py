"""Check: an ONNX model takes one example at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.onnxruntime import sessions

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile, Port
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The ONNX model takes one example at a time",
    fault="input-signature",
    severity=Severity.NOTE,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/microsoft/onnxruntime/issues/5577",
    symptoms=(r"Got invalid dimensions for input: \S+ for the following indices\s+index: 0 Got: \d+ Expected: 1",),
)
def onnx_batch_fixed(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    An export from one example fixes every dimension that isn't named as dynamic, the first one too.

    Requests with one example work; a request with two, or a server that gathers requests into batches, fails. Name
    the first dimension when exporting: ``torch.onnx.export(..., dynamic_shapes={"x": {0: "batch"}})``.
    """
    for session in sessions(models, handler):
        port = _fixed(session.file)
        if port is not None and port.shape is not None:
            shape = "x".join(str(d) for d in port.shape)
            yield Finding(
                message=f"{session.file.path} takes {port.name} as {shape}: a request with more than one example fails",
                evidence=(Evidence(f"artifact:{session.file.path}", f"input {port.name}: {port.dtype} {shape}"),),
                fix="export again with a dynamic first dimension: torch.onnx.export(model, (x,), "
                f'"{session.file.path}", input_names=["{port.name}"], dynamic_shapes=({{0: "batch"}},), dynamo=True)',
                likelihood=Likelihood.POSSIBLE,
                log=f"INVALID_ARGUMENT : Got invalid dimensions for input: {port.name} for the following indices "
                "index: 0 Got: 2 Expected: 1",
                cause=f"artifact:{session.file.path}",
            )


def _fixed(file: ModelFile) -> Port | None:
    """Return the first input with a batch of 1, where every input with two dimensions or more has one."""
    batched = [p for p in file.inputs if p.shape is not None and len(p.shape) > 1]
    return batched[0] if batched and all(p.shape and p.shape[0] == 1 for p in batched) else None
