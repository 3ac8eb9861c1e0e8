"""Check: the handler asks for a GPU that the instance hasn't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.handler.uses import gpu_calls
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.target import Target


@check(
    title="The handler asks for a GPU, and the instance has none",
    fault="device-mismatch",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/docs/stable/notes/cuda.html#device-agnostic-code",
    symptoms=(
        r"Found no NVIDIA driver on your system",
        r"No CUDA GPUs are available",
        r"Torch not compiled with CUDA enabled",
    ),
)
def cuda_without_gpu(handler: Handler, target: Target) -> Iterator[Finding]:
    """
    ``.cuda()`` and ``.to("cuda")`` fail on an instance without a GPU.

    Ask first: ``device = torch.device("cuda" if torch.cuda.is_available() else "cpu")``. Or take an instance with a
    GPU.
    """
    calls = list(gpu_calls(handler))
    if not calls or target.gpu:
        return
    call = calls[0]
    yield Finding(
        message=f"{call.path}:{call.line} needs a GPU, and {target.instance} has none",
        evidence=(handler.seen(call.path, call.line), target.evidence()),
        fix='device = torch.device("cuda" if torch.cuda.is_available() else "cpu")',
        log="AssertionError: Torch not compiled with CUDA enabled (in an image for CPUs), "
        "RuntimeError: Found no NVIDIA driver on your system (in one for GPUs)",
        cause=f"artifact:{call.path}:{call.line}",
    )
