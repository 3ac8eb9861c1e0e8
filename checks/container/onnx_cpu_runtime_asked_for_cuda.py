"""Check: the handler asks onnxruntime for CUDA, and only the CPU's is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.target import Target


@check(
    title="The handler asks ONNX Runtime for CUDA, and its CPU build is installed",
    fault="onnx-gpu-provider",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html",
    symptoms=(r"'CUDAExecutionProvider' is not in available provider names",),
)
def onnx_cpu_runtime_asked_for_cuda(handler: Handler, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    The distribution onnxruntime has no CUDA in it; onnxruntime-gpu has.

    A session that asks for what isn't there runs on the CPU, with a warning in the log: the GPU is paid for and idle,
    and requests take many times longer than planned.
    """
    if "onnxruntime" not in serving.packages:
        return
    from doctor.onnxruntime import asks_for_cuda

    line = asks_for_cuda(handler)
    if line and serving.version("onnxruntime-gpu") is None and target.gpu:
        version = serving.packages["onnxruntime"]
        yield Finding(
            message=f"onnxruntime {version} has no CUDAExecutionProvider: the GPU of {target.instance} stays idle",
            evidence=(line, serving.evidence("onnxruntime"), target.evidence()),
            fix=f"onnxruntime-gpu{'==' + version if version else ''} in place of onnxruntime",
            log="UserWarning: Specified provider 'CUDAExecutionProvider' is not in available provider names.",
            cause="serving:pkg/onnxruntime",
        )
