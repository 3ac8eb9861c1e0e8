"""Check: the image's server ends, or can't be started, before it answers a ping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The server ends before it answers a ping",
    fault="container-entrypoint",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"CannotStartContainerError", r"[Ww]orker failed to boot", r"Reason: Worker failed to boot"),
    explains=("ping-not-answered", "served-request-fails"),
)
def server_does_not_start(serve: Step) -> Iterator[Finding | Unknown]:
    """
    The container was started as the platform does, and its server ended.

    `docker run IMAGE serve` must run on until it is told to stop. A server that ends before /ping is answered with 200
    is started again by the platform a few times, and then the endpoint fails with "did not pass the ping health check".
    The log's last error says why.
    """
    value = serve.value
    if value["refused"]:
        yield _finding(f"the engine can't start the container: {value['refused']}", value["refused"], value["refused"])
        return
    exited = value["exited"]
    if exited is None or value["pinged"]:
        return
    line = value["errors"][-1] if value["errors"] else ""
    if reason := _of_the_sandbox(serve):
        yield Unknown(f"the server ended in the sandbox with status {exited['status']}, and {reason}")
        return
    how = "killed for memory" if exited["out_of_memory"] else f"status {exited['status']}"
    saw = f"ended after {exited['seconds']:.1f} s, {how}{': ' if line else ''}{line}"
    why = f": {line}" if line else ", and its log says nothing"
    yield _finding(f"the server ends with {how} before it answers /ping{why}", saw, line)


def _of_the_sandbox(serve: Step) -> str:
    """Why the end may be the sandbox's doing; "" where it can't."""
    from doctor.trials.serverlog import needs_network

    if needs_network("\n".join((*serve.value["errors"], serve.log))):
        return "its log tells that it asks for a network, which the sandbox doesn't have"
    if serve.value["exited"]["out_of_memory"] and serve.value["capped"]:
        return f"it was killed for memory, and {serve.value['capped']}"
    return ""


def _finding(message: str, saw: str, line: str) -> Finding:
    return Finding(
        message=message,
        evidence=(Evidence("trial:serve", saw),),
        fix="mend what the line names; `docker run --rm -v MODEL:/opt/ml/model:ro IMAGE serve` shows it again",
        log=line,
        cause="trial:serve",
    )
