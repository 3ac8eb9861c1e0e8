"""Check: the answer to the sample is an error in words, with the status of a good answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.target import Target
    from doctor.trials.values import Step


@check(
    title="The sample is answered with an error in words and status 200",
    fault="error-as-success",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
    explains=("error-returned-as-success",),
)
def sample_answered_with_error_text(invoke: Step, target: Target) -> Iterator[Finding | Unknown]:
    """
    The sample was answered, and the answer tells of an error in place of a prediction.

    The handler caught an exception and returned its text, so the status is 200: the endpoint looks well, alarms stay
    silent, and clients get no prediction. Mend what the text names, and raise in place of returning it.
    """
    from doctor.trials import answers

    case = next((c for c in answers.cases(invoke) if c.get("outcome") == "failed" and c.get("says")), None)
    if case is None:
        return
    failure = answers.failure_in(case)
    if not case.get("proof") or answers.doubt(invoke, failure, target):
        yield Unknown(f"{answers.sample_of(invoke)} is answered with {answers.short(failure.line)!r}")
        return
    yield Finding(
        message=f"{answers.sample_of(invoke)} gets status 200 and the text {answers.short(failure.line)!r}",
        evidence=(Evidence("trial:invoke", answers.short(str(case.get("answer", "")))),),
        fix="mend what the text names, and write raise where the handler returns it",
        cause="trial:invoke",
    )
