"""Check: /ping was not answered with 200 for as long as the platform waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The running server never answers /ping with 200",
    fault="ping-contract",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"did not pass the ping health check",),
    explains=("served-request-fails",),
)
def ping_not_answered(serve: Step) -> Iterator[Finding | Unknown]:
    """
    The server runs, and GET /ping on port 8080 doesn't get status 200 within the start-up timeout.

    The platform pings from outside the container, from its start until the start-up timeout of the endpoint; a server
    that listens on 127.0.0.1 alone, on another port, has no route /ping or answers with another status never comes
    into service.
    """
    value = serve.value
    if value["pinged"] or value["exited"] is not None or not value["started"]:
        return
    status = value["ping_status"]
    said = f"status {status}" if status else value["ping_error"] or "no answer"
    line = value["errors"][-1] if value["errors"] else ""
    saw = f"GET /ping: {said} for {value['waited']:.0f} s{'; log: ' + line if line else ''}"
    proven = value["localhost_only"] or value["waited"] >= value["startup_timeout"]
    if not proven:
        limit = f"{value['startup_timeout']:.0f} s"
        yield Unknown(f"/ping got {said} for {value['waited']:.0f} s; the endpoint waits {limit}, --trial-timeout less")
        return
    from doctor.trials.serverlog import needs_network

    if needs_network(serve.log):
        yield Unknown(f"/ping got {said}, and the log tells that the server asks for a network, which isn't here")
        return
    yield Finding(
        message=_message(value, said, line),
        evidence=(Evidence("trial:serve", saw),),
        fix=_fix(value),
        log="did not pass the ping health check",
        cause="trial:serve",
    )


def _message(value: Mapping[str, Any], said: str, line: str) -> str:
    if value["localhost_only"]:
        return "the server listens on 127.0.0.1 alone: the platform's pings come from outside, and get no answer"
    why = f" ({line})" if line else ""
    return f"/ping on port 8080 got {said} for {value['waited']:.0f} s, as long as the endpoint waits{why}"


def _fix(value: Mapping[str, Any]) -> str:
    if value["localhost_only"]:
        return "bind to 0.0.0.0:8080 in place of 127.0.0.1:8080"
    if not value["ping_status"]:
        return "listen on 0.0.0.0:8080, or give the start-up more time: --startup-timeout (at most 3600 s)"
    return "answer GET /ping with status 200 and an empty body as soon as requests can be answered"
