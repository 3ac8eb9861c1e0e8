"""Check: a request went through the handler as it would in the server, and an exception came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target
    from doctor.trials.values import Failure, Step


@check(
    title="The sample is answered with an error",
    fault="request-failure",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/adapt-inference-container.html",
)
def request_fails(invoke: Step, artifact: Artifact, target: Target) -> Iterator[Finding | Unknown]:
    """
    The model loaded, and the request failed in input_fn, predict_fn or output_fn, or in what the stack has there.

    The endpoint would be in service, and every such request would get an error. The finding has the place in the
    artifact and the exception's text. Without a sample a request is made of what the model takes: then only a fault
    that can't come of made-up values is found (a name or a module that isn't there, an answer that can't be written).
    """
    from doctor.trials import answers, remedies

    if invoke.failure is not None:
        yield Unknown(f"no request was sent: {answers.short(invoke.failure.line)}")
    for case in answers.cases(invoke):
        if case.get("outcome") != "failed" or case.get("says") or answers.named(case).startswith(("as ", "accept ")):
            continue
        failure = answers.failure_in(case)
        real = answers.source_of(invoke) != "made" or answers.named(case) == "made"
        if doubt := _doubt(invoke, bool(case.get("proof")) and real, failure, target):
            yield Unknown(f"{answers.sample_of(invoke)} raised {answers.short(failure.line)}{doubt}")
            return
        asked = answers.sample_of(invoke)
        doing = answers.doing(invoke, failure)
        yield Finding(
            message=f"{asked} fails{f' in {doing}' if doing else ''}{_at(failure)}: {answers.short(failure.line)}",
            evidence=(Evidence("trial:invoke", _placed(failure)), *_quoted(failure)),
            fix=remedies.remedy(failure, artifact) if _tells(failure) else _FIX.format(doing or "the handler"),
            log=failure.line if failure.type != "endpoint_doctor.Refused" else "",
            cause="trial:invoke",
        )
        return


_FIX = "mend {}, or what it is given, with this sample before it is packed"


def _doubt(invoke: Step, proof: bool, failure: Failure, target: Target) -> str:  # noqa: FBT001
    from doctor.trials import answers

    if said := answers.doubt(invoke, failure, target):
        return f", which proves nothing: {said}"
    return "" if proof else ", which its values may be the reason of; give one that clients will send with --sample"


def _tells(failure: Failure) -> bool:
    return bool(failure.where) or "No module named" in failure.line


def _at(failure: Failure) -> str:
    return f" at {failure.where}" if failure.where else ""


def _placed(failure: Failure) -> str:
    from doctor.trials.answers import short

    return short(failure.line) + (f" ({failure.where})" if failure.where else "")


def _quoted(failure: Failure) -> Iterator[Evidence]:
    from doctor.trials.remedies import source_line

    if failure.where and (line := source_line(failure)):
        yield Evidence(f"artifact:{failure.where}", line)
