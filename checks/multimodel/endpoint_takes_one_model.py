"""Check: several models for a kind of endpoint that serves one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet
    from doctor.target import Target


@check(
    title="The kind of endpoint serves one model, and several are given",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html",
)
def endpoint_takes_one_model(fleet: Fleet, target: Target) -> Iterator[Finding]:
    """
    A serverless endpoint serves one model.

    Multi-model endpoints run on instances. Make a serverless endpoint for each model, or one multi-model endpoint on an
    instance. This is asked where several artifacts are given.
    """
    kind = target.endpoint
    if len(fleet) < 2 or kind not in load("multi_model")["only_one_model"]:
        return
    named = ", ".join(m.name for m in fleet.members[:4]) + (" ..." if len(fleet) > 4 else "")
    yield Finding(
        message=f"a {kind} endpoint serves one model, and {len(fleet)} are given: {named}",
        evidence=(Evidence("target:endpoint", kind), *(m.seen("", "one of the models") for m in fleet.members[:4])),
        fix="--endpoint multi-model --instance-type ml.m5.xlarge, or one serverless endpoint a model",
        cause="target:endpoint",
    )
