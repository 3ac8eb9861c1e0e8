"""Check: requests keep gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="Predictions keep what gradients need",
    fault="inference-mode",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://pytorch.org/docs/stable/generated/torch.no_grad.html",
)
def no_no_grad(handler: Handler) -> Iterator[Finding]:
    """
    Outside of torch.no_grad() or torch.inference_mode() a module keeps every layer's activations for gradients.

    Answers are right; each request takes more memory than it needs.
    """
    if handler.gradients_off:
        return
    for call in handler.calls():
        asked = call.hooks & {"predict_fn", "transform_fn", "handle", "inference"}
        if asked and handler.kinds.module(call.name) and call.name.endswith("()"):
            yield Finding(
                message=f"{call.path}:{call.line} predicts with gradients on",
                evidence=(handler.seen(call.path, call.line),),
                fix="with torch.inference_mode():",
                cause=f"artifact:{call.path}:gradients",
            )
            return
