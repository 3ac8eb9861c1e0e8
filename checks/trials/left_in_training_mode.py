"""Check: layers ran in training mode while a request was answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.trials.values import Step


@check(
    title="Layers are in training mode while requests are answered",
    fault="inference-mode",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval",
    explains=("no-eval", "answers-differ-between-calls", "row-differs-in-batch"),
)
def left_in_training_mode(invoke: Step, handler: Handler) -> Iterator[Finding]:
    """
    A request was answered, and layers that training mode changes were in it: dropout, batch normalisation.

    Nothing fails. The same request gets another answer each time, or one that depends on what else is in the batch.
    Call model.eval() before model_fn returns the model.
    """
    layers = [row for row in invoke.value.get("in_training") or () if isinstance(row, dict)]
    if not layers or any(handler.calls("*.train")):
        return
    first = layers[0]
    more = f" and {len(layers) - 1} more" if len(layers) > 1 else ""
    yield Finding(
        message=f"{first.get('class')} ({first.get('name')}){more} ran in training mode while a request was answered",
        evidence=tuple(
            Evidence("trial:invoke", f"{row.get('name')}: {row.get('class')}, training=True") for row in layers[:5]
        ),
        fix="call model.eval() before model_fn returns the model",
    )
