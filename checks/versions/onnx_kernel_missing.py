"""Check: onnxruntime accepts an ONNX model's operator set and can't run one of its operators or types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.onnxkernels import lacks
from doctor.onnxruntime import accepts, loading, runtime, sessions

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The ONNX model uses what onnxruntime has no implementation of",
    fault="onnx-opset",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/microsoft/onnxruntime/blob/main/docs/OperatorKernels.md",
    symptoms=(
        r"NOT_IMPLEMENTED : Could not find an implementation for",
        r"MLDataType for: tensor\(\w+\) is not currently registered or supported",
        r"Status Message: \w+ operator does not support \w+ yet",
    ),
)
def onnx_kernel_missing(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    An operator set that onnxruntime accepts may hold operators and types that it can't run yet.

    The file is valid and no version is too new, yet the session isn't made: onnxruntime declares an operator set as
    soon as it knows its operators, and writes their kernels release by release, type by type: on a CPU most are for
    float32, many for float64, few for bfloat16. What it lacks was read from its own lists and run. Export in float32 or
    with an older operator set, or install a newer onnxruntime.
    """
    found = runtime(serving)
    if found is None or found.distribution != "onnxruntime":
        return  # the other builds have kernels for their devices
    for session in sessions(models, handler):
        lack = lacks(found.version, session.facts) if accepts(found.version, session.facts) else None
        if lack is not None:
            path = session.file.path
            yield Finding(
                message=f"{path} uses {lack.what}, which onnxruntime {found.version} can't run on a CPU",
                evidence=(
                    Evidence(f"artifact:{path}", f"operator sets {_sets(session.facts.opsets)}; uses {lack.what}"),
                    found.evidence,
                    *session.evidence,
                ),
                fix=(f"pip install 'onnxruntime>={lack.since}', or " if lack.since else "") + lack.instead,
                likelihood=session.likelihood,
                log=(loading(path) if lack.log.startswith("Fatal") else "") + lack.log,
                cause=f"artifact:{path}",
            )


def _sets(opsets: Mapping[str, int]) -> str:
    return ", ".join(f"{domain} {version}" for domain, version in opsets.items())
