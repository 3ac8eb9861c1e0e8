"""Check: onnxruntime and onnxruntime-gpu are both installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler


@check(
    title="Two builds of onnxruntime lie over one another",
    fault="onnx-gpu-provider",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://onnxruntime.ai/docs/install/",
    symptoms=(r"'CUDAExecutionProvider' is not in available provider names",),
)
def onnxruntime_installed_twice(handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    Both distributions install the same module, and the one that was installed last wins.

    Where that is onnxruntime, the GPU stays idle and nothing says so but a warning. Another package often brings
    it as a dependency.
    """
    from doctor.onnxruntime import asks_for_cuda

    both = ("onnxruntime", "onnxruntime-gpu")
    line = asks_for_cuda(handler)
    if line and all(name in serving.packages for name in both):
        yield Finding(
            message=f"onnxruntime {serving.packages[both[0]]} and onnxruntime-gpu {serving.packages[both[1]]} share "
            "one folder: where the first was installed last, the model runs on the CPU",
            evidence=(line, *(serving.evidence(name) for name in both)),
            fix="pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu",
            likelihood=Likelihood.LIKELY,
            log="UserWarning: Specified provider 'CUDAExecutionProvider' is not in available provider names.",
            cause="serving:pkg/onnxruntime",
        )
