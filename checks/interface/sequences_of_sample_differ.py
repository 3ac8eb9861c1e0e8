"""Check: the sample's sequences are joined and differ in length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.handler.joins import joined
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.requests import parsed

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="The sample's sequences differ in length, and are joined",
    fault="sequence-shapes",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://numpy.org/doc/stable/reference/generated/numpy.concatenate.html",
    symptoms=(r"all the input array dimensions except for the concatenation axis must match exactly",),
    explains=("sequences-need-equal-length",),
)
def sequences_of_sample_differ(handler: Handler, sample: bytes) -> Iterator[Finding]:
    """
    The handler joins fields of the request along their features, and in the sample these have different lengths.

    NumPy joins arrays only where all other dimensions agree. Send sequences of one length, or pad the shorter one in
    input_fn as in training.
    """
    joins = list(joined(handler))
    request = parsed(sample) if joins else None
    for join in joins:
        lengths = [
            len(request[f]) for f in join.fields if isinstance(request, dict) and isinstance(request.get(f), list)
        ]
        if len(lengths) == len(join.fields) and len(set(lengths)) > 1:
            said = ", ".join(f"{f!r}: {n}" for f, n in zip(join.fields, lengths, strict=True))
            yield Finding(
                message=f"{join.call.path}:{join.call.line} joins sequences, and the sample's differ in length: {said}",
                evidence=(Evidence("sample", said), handler.seen(join.call.path, join.call.line)),
                fix="send sequences of one length, or pad the shorter one before the join",
                log="ValueError: all the input array dimensions except for the concatenation axis must match exactly, "
                f"but along dimension 1, the array at index 0 has size {lengths[0]} and the array at index 1 has size "
                f"{lengths[1]}",
                cause=f"artifact:{join.call.path}:{join.call.line}",
            )
