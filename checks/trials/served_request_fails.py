"""Check: the server that answers pings doesn't answer the sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The running server doesn't answer the sample",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"Received (?:client|server) error \(\d+\) from (?:primary|model)",),
)
def served_request_fails(serve: Step) -> Iterator[Finding | Unknown]:
    """
    The sample was sent to /invocations of the running server, and the answer was no success.

    The server answered /ping, so the endpoint would come into service; and then this request fails, with the status
    that is shown or because no answer comes in the time that the platform waits.
    """
    value = serve.value
    bad = next((a for a in value["answers"] if not 200 <= a["status"] < 300), None)
    if bad is None:
        if value["pinged"] and not value["answers"] and value["models_routes"] is None:
            yield Unknown("no request was sent: no --sample given, and none could be made")
        return
    if value["request"]["source"] != "sample":
        yield Unknown(f"a made-up request got {_said(bad)}, which proves nothing; give one with --sample")
        return
    from doctor.trials.serverlog import needs_network

    line = serve.failure.line if serve.failure else ""
    if needs_network(f"{line}\n{bad['head']}"):
        yield Unknown(f"the sample got {_said(bad)}, as something asks for a network, which the sandbox doesn't have")
        return
    where = f" ({serve.failure.where})" if serve.failure and serve.failure.where else ""
    why = f": {line}{where}" if line and line != bad["error"] else ""
    yield Finding(
        message=f"POST /invocations with the sample gets {_said(bad)}{why}",
        evidence=(Evidence("trial:serve", f"{_said(bad)} after {bad['seconds']:.1f} s{why}"),),
        fix="mend what the line names, or the sample if it isn't what clients will send",
        log=line or f"Received server error ({bad['status']}) from primary",
        cause="trial:serve",
    )


def _said(answer: dict[str, Any]) -> str:
    return f"status {answer['status']}" if answer["status"] else answer["error"]
