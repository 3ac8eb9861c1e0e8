"""Check: rows of a wrong width aren't refused, and are answered with garbage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="Input of a wrong width isn't refused, and is answered with garbage",
    fault="input-signature",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html",
)
def width_not_checked(shapes: Step) -> Iterator[Finding]:
    """
    A layer has a fixed width, and the model takes rows of another width all the same.

    In Python, torch's recurrent layers look at the width of what they are given. A TorchScript trace of them doesn't
    on a CPU: it reads as many numbers as it wants from where the row begins, beyond its end where that is shorter or
    the next ones where it is longer, and answers with that. A client that leaves out a field gets a number and no
    error. Compare x.shape[-1] in input_fn.
    """
    for row in shapes.value.get("inputs") or ():
        if not isinstance(row, dict):
            continue
        for said in row.get("dims") or ():
            if isinstance(said, dict) and said.get("unchecked"):
                size, name = said.get("sum", said.get("size")), row.get("name")
                yield Finding(
                    message=f"{name} has {size} features, and other widths are answered with garbage, not refused",
                    evidence=(
                        Evidence("trial:shapes", f"{name} with another number of features than {size} is taken"),
                    ),
                    fix=f'in input_fn: if x.shape[-1] != {size}: raise ValueError("{size} features are wanted")',
                )
