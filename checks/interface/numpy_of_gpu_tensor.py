"""Check: numpy() is called on a tensor that is on a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Call, Handler
    from doctor.target import Target


@check(
    title="A tensor that is on a GPU is turned into NumPy",
    fault="device-mismatch",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://pytorch.org/docs/stable/generated/torch.Tensor.numpy.html",
    symptoms=(r"can't convert cuda:\d+ device type tensor to numpy",),
)
def numpy_of_gpu_tensor(handler: Handler, target: Target) -> Iterator[Finding]:
    """
    The model is moved to the GPU, and its answer is turned into NumPy without being moved back.

    It works on a laptop and on instances without a GPU. Call ``.cpu()`` before ``.numpy()``.
    """
    if not any(handler.calls("*.numpy")) or not target.gpu:
        return
    moved = next((c for c in handler.calls("*.to", "*.cuda") if _to_gpu(handler, c)), None)
    if moved is None:
        return
    for call in handler.calls("*.numpy"):
        base = call.name.removesuffix(".numpy")
        answer = handler.kinds.answered(base)
        if call.hooks and call.certain and answer and not _comes_back(base.removeprefix(answer)):
            yield Finding(
                message=f"{call.path}:{call.line} calls numpy() on a tensor of the GPU of {target.instance}",
                evidence=(handler.seen(call.path, call.line), handler.seen(moved.path, moved.line), target.evidence()),
                fix="replace .numpy() with .cpu().numpy()",
                likelihood=Likelihood.LIKELY,
                log="TypeError: can't convert cuda:0 device type tensor to numpy. "
                "Use Tensor.cpu() to copy the tensor to host memory first.",
                cause=f"artifact:{call.path}:{call.line}",
            )


def _comes_back(methods: str) -> bool:
    return ".cpu()" in methods or ".to()" in methods


def _to_gpu(handler: Handler, call: Call) -> bool:
    """Say whether a call moves a module to the GPU wherever there is one."""
    if not handler.kinds.module(f"{call.name}()"):
        return False
    return call.name.endswith(".cuda") or handler.mentions(call.argument(0, "device"), call.scope, "cuda")
