"""Check: fields of the request are joined, and need one length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.handler.joins import joined
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="Fields of the request are joined, which only works for equal lengths",
    fault="sequence-shapes",
    severity=Severity.WARNING,
    stage=Stage.TRAFFIC,
    basis="https://numpy.org/doc/stable/reference/generated/numpy.concatenate.html",
    symptoms=(
        r"all the input array dimensions except for the concatenation axis must match exactly",
        r"all input arrays must have the same shape",
        r"Sizes of tensors must match except in dimension",
    ),
)
def sequences_need_equal_length(handler: Handler) -> Iterator[Finding]:
    """
    Two sequences of one request are joined along their features, and nothing makes their lengths agree.

    Requests with sequences of one length work; the first with two lengths fails. Check the lengths and answer with a
    clear error, or pad the shorter one as in training.
    """
    for join in joined(handler):
        names = " and ".join(repr(f) for f in join.fields)
        yield Finding(
            message=f"{join.call.path}:{join.call.line} fails for requests in which {names} differ in length",
            evidence=(handler.seen(join.call.path, join.call.line),),
            fix="compare the lengths before joining and raise an error that names them, or pad the shorter one",
            likelihood=Likelihood.LIKELY,
            log="ValueError: all the input array dimensions except for the concatenation axis must match exactly",
            cause=f"artifact:{join.call.path}:{join.call.line}",
        )
