"""Check: a row answers otherwise when other rows are in the batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="A row's answer depends on the other rows of its batch",
    fault="sequence-shapes",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html",
)
def row_differs_in_batch(shapes: Step) -> Iterator[Finding | Unknown]:
    """
    The model answered a row alone, and the same row together with another; the two answers differ by far.

    As soon as a request has two rows, or the server joins requests, the numbers are others, and nothing fails. Mostly a
    dimension is taken for another: attention or a recurrent layer without batch_first=True that is given
    (batch, time, features), a softmax or a mean over the batch, batch normalisation in training mode.
    """
    value = shapes.value
    if value.get("row_alone_equals") is not False or value.get("repeatable") is not True:
        return
    if value.get("generates") or value.get("quantized"):
        return  # a quantizer takes its scale from the whole batch, half precision rounds: a little is meant to be lost
    difference = str(value.get("row_difference"))
    training = value.get("training") or {}
    if training.get("after_load") and training.get("in_call") is None:
        yield Unknown(
            f"a row differs in a batch ({difference}) in training mode; nobody saw in which the handler calls"
        )
        return
    if value.get("way") not in {"torch", "keras"}:
        yield Unknown(f"a row differs in a batch ({difference}); whether by quantizing isn't known of this format")
        return
    yield Finding(
        message=f"a row answers otherwise alone than in a batch of two ({difference})",
        evidence=(Evidence("trial:shapes", f"alone, and in a batch of two: {difference}"),),
        fix="look for layers that take the batch for the time: batch_first=True, or x.transpose(0, 1) before them",
    )
