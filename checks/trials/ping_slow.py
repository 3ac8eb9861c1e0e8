"""Check: good answers to /ping take longer than the platform waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="Pings are answered too slowly",
    fault="ping-contract",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
)
def ping_slow(serve: Step) -> Iterator[Finding]:
    """
    An answer to /ping must come within 2 seconds.

    A handler of /ping that runs the model, or asks something else first, takes too long although it answers 200; so
    does a server with one thread that is busy. The quickest of several pings without other requests is what counts.
    """
    from doctor.trials.server import PING_SECONDS

    latency = serve.value["ping_latency"]
    if not serve.value["pinged"] or latency is None or latency <= PING_SECONDS:
        return
    yield Finding(
        message=f"the quickest answer to /ping took {latency:.1f} s; the platform waits {PING_SECONDS:.0f} s for one",
        evidence=(Evidence("trial:serve", f"GET /ping: status 200 after {latency:.2f} s at best"),),
        fix="answer /ping from what is known already: load the model at the start, and don't call it for a ping",
        log="did not pass the ping health check",
        cause="trial:serve",
    )
