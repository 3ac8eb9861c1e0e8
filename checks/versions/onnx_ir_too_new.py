"""Check: an ONNX file is in a newer file format than onnxruntime reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.onnxruntime import limit, loading, runtime, sessions

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The ONNX file's format is newer than onnxruntime reads",
    fault="onnx-opset",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/microsoft/onnxruntime/issues/20559",
    symptoms=(
        r"Unsupported model IR version: \d+, max supported IR version: \d+",
        r"failed:.*Unknown model file format version",
    ),
)
def onnx_ir_too_new(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    An ONNX file says in which version of the format it is written: its IR version.

    The package onnx writes its own newest one unless it is told otherwise, and often is ahead of onnxruntime, even
    of one released later. The model itself rarely needs it: set ``model.ir_version`` before it is saved, or install
    an onnxruntime that reads it.
    """
    found = runtime(serving)
    if found is None:
        return
    accepted = limit(found.version, "ir")
    for session in sessions(models, handler):
        wrote = session.facts.ir_version
        if accepted.high is not None and wrote > accepted.high:
            path = session.file.path
            yield Finding(
                message=f"{path} has IR version {wrote}, and {found.distribution} {found.version} reads up to "
                f"{accepted.high}",
                evidence=(
                    Evidence(f"artifact:{path}", f"IR version {wrote}, by {session.facts.producer or 'nobody named'}"),
                    found.evidence,
                    *session.evidence,
                ),
                fix=f'm = onnx.load("{path}"); m.ir_version = {accepted.high}; onnx.save(m, "{path}")',
                likelihood=session.likelihood,
                log=loading(path)
                + (
                    "Unknown model file format version."
                    if found.version.release < (1, 9)
                    else f"Unsupported model IR version: {wrote}, max supported IR version: {accepted.high}"
                ),
                cause=f"artifact:{path}",
            )
        elif accepted.low is None or wrote > accepted.low:
            yield Unknown(f"whether {found.distribution} {found.version} reads IR version {wrote} is not measured")
