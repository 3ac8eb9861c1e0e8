"""Check: the handler names an accept type, and a request for it fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.target import Target
    from doctor.trials.values import Step


@check(
    title="An accept type that the handler names fails",
    fault="content-type",
    severity=Severity.WARNING,
    stage=Stage.TRAFFIC,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
)
def accept_type_fails(invoke: Step, target: Target) -> Iterator[Finding | Unknown]:
    """
    The sample is answered by default; asked for in a type that the handler itself compares with, it fails.

    Clients that send that Accept header get an error. The stack's own types that the handler doesn't name aren't
    looked at: CSV holds no more than rows and columns, and not every answer is one.
    """
    from doctor.trials import answers

    for case in answers.cases(invoke):
        name = answers.named(case)
        if not name.startswith("accept ") or case.get("outcome") != "failed" or not case.get("proof"):
            continue
        failure = answers.failure_in(case)
        if doubt := answers.doubt(invoke, failure, target):
            yield Unknown(f"{name} raised {answers.short(failure.line)}, which proves nothing: {doubt}")
            continue
        accept = str(case.get("accept", ""))
        at = f" at {failure.where}" if failure.where else ""
        yield Finding(
            message=f"with Accept: {accept} the same request fails{at}: {answers.short(failure.line)}",
            evidence=(Evidence("trial:invoke", f"Accept: {accept}: {answers.short(failure.line)}{at}"),),
            fix=f"mend what output_fn does for {accept}, or take {accept} out of it",
            log=failure.line,
            cause=f"trial:invoke/{accept}",
        )
