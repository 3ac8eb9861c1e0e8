"""Check: /ping is good although the model can't answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="Pings are good while no request is answered",
    fault="ping-contract",
    severity=Severity.NOTE,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
)
def ping_good_while_model_fails(serve: Step) -> Iterator[Finding]:
    """
    After a request failed in the server, /ping was still answered with 200.

    The endpoint comes into service and stays so, and every request fails: no health check will say so. Model servers
    like TorchServe answer pings for themselves, whatever becomes of their workers; an alarm on 5xx answers is the
    only sign.
    """
    value = serve.value
    ping = value["ping_while_failing"]
    bad = next((a for a in value["answers"] if not 200 <= a["status"] < 500), None)
    if ping is None or ping["status"] != 200 or bad is None or value["request"]["source"] != "sample":
        return
    said = f"status {bad['status']}" if bad["status"] else bad["error"]
    yield Finding(
        message=f"/ping got 200 right after the sample got {said}: the endpoint would be in service all the same",
        evidence=(Evidence("trial:serve", f"POST /invocations: {said}; then GET /ping: status 200"),),
        fix="watch the metric Invocation5XXErrors; or let /ping answer 500 while the model can't answer",
        cause="trial:serve",
    )
