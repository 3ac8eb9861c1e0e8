"""Check: sequences of one request must have one length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="Sequences of one request must have one length",
    fault="sequence-shapes",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://numpy.org/doc/stable/reference/generated/numpy.concatenate.html",
    symptoms=(
        r"all the input array dimensions except for the concatenation axis must match exactly",
        r"Sizes of tensors must match except in dimension \d+",
        r"ConcatOp : Dimension \d+ in both shapes must be equal",
    ),
)
def unequal_lengths_fail(shapes: Step) -> Iterator[Finding]:
    """
    The model takes several sequences of any length, but all of one: they are joined step by step.

    Requests whose sequences are equally long are answered; others fail with the error shown. Cut or fill them up to one
    length in input_fn, and say in an answer with status 400 what is wanted.
    """
    value = shapes.value
    for kind in ("requests", "cases"):
        for case in value.get(kind) or ():
            if not isinstance(case, dict) or case.get("works") or not str(case.get("case")).startswith("unequal"):
                continue
            failure = case.get("failure") or {}
            where = f" ({failure['where']})" if failure.get("where") else ""
            lengths = str(case["case"]).partition(": ")[2]
            yield Finding(
                message=f"sequences of unequal lengths fail ({lengths}), those of one length are answered",
                evidence=(Evidence("trial:shapes", f"{str(failure.get('line'))[-400:]}{where}"),),
                fix="make the sequences of a request equally long in input_fn: cut them, or fill them up",
                log=str(failure.get("line")),
            )
            return
