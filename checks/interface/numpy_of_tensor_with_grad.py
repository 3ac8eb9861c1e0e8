"""Check: numpy() is called on a tensor that keeps gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler

_INTEGERS = (".argmax()", ".long()", ".int()", ".detach()")


@check(
    title="A tensor that keeps gradients is turned into NumPy",
    fault="inference-mode",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://pytorch.org/docs/stable/generated/torch.Tensor.numpy.html",
    symptoms=(r"Can't call numpy\(\) on Tensor that requires grad",),
    explains=("no-no-grad",),
)
def numpy_of_tensor_with_grad(handler: Handler) -> Iterator[Finding]:
    """
    What a module returns outside of torch.no_grad() belongs to a graph for gradients, and numpy() refuses it.

    Predict under ``with torch.inference_mode():``, or call ``.detach()`` first.
    """
    if handler.gradients_off:
        return
    for call in handler.calls("*.numpy"):
        base = call.name.removesuffix(".numpy")
        plain = handler.kinds.answered(base)
        surely = call.hooks and call.certain and not call.caught
        if not (surely and plain) or any(m in base for m in _INTEGERS) or not _trainable(handler, plain):
            continue
        yield Finding(
            message=f"{call.path}:{call.line} calls numpy() on what the module returned, with gradients on",
            evidence=(handler.seen(call.path, call.line),),
            fix="with torch.inference_mode(): around the call of the model, or .detach().cpu().numpy()",
            log="RuntimeError: Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
            cause=f"artifact:{call.path}:gradients",
        )


def _trainable(handler: Handler, answer: str) -> bool:
    """Say whether the module is an own class with layers that have weights."""
    name = handler.names.class_name(answer)
    layers = handler.calls(*load("handler_kinds")["parametered"])
    return any(c.function and f"{c.function.module}.{c.function.owner}" == name for c in layers)
