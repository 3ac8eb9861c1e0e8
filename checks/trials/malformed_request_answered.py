"""Check: what is no request at all gets a good answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step

_GARBAGE = {"body cut in half", "empty body", "binary noise"}


@check(
    title="A broken request gets status 200",
    fault="bad-requests",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
)
def malformed_request_answered(invoke: Step) -> Iterator[Finding]:
    """
    A body that was cut in half, an empty one or binary noise was answered as if it were a request.

    The model still serves; but a client whose request was cut off takes the answer for a prediction, or for one with
    an error in words. Raise in input_fn where the body isn't what it should be: the stack answers with an error status.
    """
    from doctor.trials import answers

    told = [c for c in answers.cases(invoke, "malformed") if c.get("outcome") == "answered"]
    told = [c for c in told if answers.named(c) in _GARBAGE]
    if not told or answers.source_of(invoke) == "made":
        return
    first = told[0]
    answer = answers.short(str(first.get("says") or first.get("answer", "")))
    others = (
        f", and so {'are' if len(told) > 2 else 'is'} {', '.join(answers.named(c) for c in told[1:])}"
        if told[1:]
        else ""
    )
    yield Finding(
        message=f"{answers.named(first)} is answered with status {first.get('status', 200)} and {answer!r}{others}",
        evidence=tuple(Evidence("trial:invoke", f"{answers.named(c)}: {_shown(c)}") for c in told),
        fix="raise ValueError in input_fn where the body can't be parsed",
        cause="trial:invoke/garbage",
    )


def _shown(case: Mapping[str, Any]) -> str:
    from doctor.trials.answers import short

    return f"status {case.get('status', 200)}, {short(str(case.get('answer', '')))!r}"
