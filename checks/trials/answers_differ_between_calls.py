"""Check: two calls with the same input answer differently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="Two calls with the same input answer differently",
    fault="inference-mode",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html",
)
def answers_differ_between_calls(shapes: Step) -> Iterator[Finding | Unknown]:
    """
    The model was called twice with the same input, in the mode in which it serves, and dropout changed the answer.

    Nothing fails: every request gets another answer, and none is as good as the model is. Either the model is in
    training mode, which model.eval() ends; or forward calls torch.nn.functional.dropout, which drops whatever the mode
    is unless it is told: `F.dropout(x, p, training=self.training)`. A model that samples on purpose is no fault, and
    none that this check names: only dropout is. (Dropout that is meant to stay, to tell how sure a model is, is known
    to nobody but its author.)
    """
    value = shapes.value
    if value.get("repeatable") is not False or value.get("generates"):
        return
    difference = str(value.get("repeat_difference"))
    training = value.get("training") or {}
    if training.get("after_load") and training.get("in_call") is None:
        yield Unknown(f"two calls disagree ({difference}) in training mode; nobody saw in which mode the handler calls")
        return
    drawn = [str(name) for name in value.get("random") or ()]
    if not drawn or not all("dropout" in name or "bernoulli" in name for name in drawn):
        yield Unknown(f"two calls with the same input disagree ({difference}); whether that is meant isn't known")
        return
    fix = "F.dropout(x, p, training=self.training), or nn.Dropout with model.eval() before model_fn returns the model"
    yield Finding(
        message=f"two calls with the same input answer {difference}: dropout is active while it serves",
        evidence=(
            Evidence("trial:shapes", f"the same input twice: {difference}"),
            Evidence("trial:shapes", f"operators that draw random numbers: {', '.join(drawn[:5])}"),
        ),
        fix="call model.eval() before model_fn returns the model" if training.get("in_call") else fix,
    )
