"""Check: the handler asks for a GPU of a PyTorch built without CUDA."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler


@check(
    title="The handler asks for a GPU, and PyTorch is built without CUDA",
    fault="device-mismatch",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/docs/stable/notes/cuda.html#device-agnostic-code",
    symptoms=(r"Torch not compiled with CUDA enabled",),
    explains=("cuda-without-gpu",),
)
def cuda_with_cpu_torch(handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    The installed PyTorch is a +cpu build, which has no CUDA, and the script moves something to a GPU.

    Ask ``torch.cuda.is_available()`` first, or install the build for CUDA.
    """
    version = serving.packages.get("torch", "")
    if not version.endswith("+cpu"):
        return
    from doctor.handler.uses import gpu_calls

    for call in gpu_calls(handler):
        yield Finding(
            message=f"{call.path}:{call.line} needs CUDA, and torch {version} has none",
            evidence=(handler.seen(call.path, call.line), serving.evidence("torch")),
            fix='device = torch.device("cuda" if torch.cuda.is_available() else "cpu")',
            log="AssertionError: Torch not compiled with CUDA enabled",
            cause=f"artifact:{call.path}:{call.line}",
        )
        return
