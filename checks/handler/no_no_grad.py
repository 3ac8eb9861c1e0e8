"""Check: requests keep gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check
from doctor.torchloads import unwrapped

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

    Answers are right; each request takes more memory than it needs: of a transformer of 12 layers several times as
    much, which decides how many rows fit a GPU. The toolkits' own predict_fn, pipelines and generate() turn gradients
    off themselves.
    """
    if handler.gradients_off:
        return
    for call in handler.calls():
        asked = call.hooks & {"predict_fn", "transform_fn", "handle", "inference"}
        if asked and call.name.endswith("()") and (handler.kinds.module(call.name) or _pretrained(call.name)):
            yield Finding(
                message=f"{call.path}:{call.line} predicts with gradients on",
                evidence=(handler.seen(call.path, call.line),),
                fix="with torch.inference_mode():",
                cause=f"artifact:{call.path}:gradients",
            )
            return


def _pretrained(name: str) -> bool:
    """Say whether a name is a model that transformers loaded: pipelines turn gradients off, and aren't called so."""
    base = unwrapped(name)
    owner = base.removesuffix(".from_pretrained()")
    return owner != base and owner.startswith("transformers.") and "Model" in owner.rpartition(".")[2]
