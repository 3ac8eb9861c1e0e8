"""Check: the server's start takes most of the time that the platform waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step

_SHARE = 0.5


@check(
    title="The start takes most of the time that the platform waits",
    fault="startup-timeout",
    severity=Severity.NOTE,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html",
    symptoms=(r"did not pass the ping health check",),
)
def start_near_timeout(serve: Step) -> Iterator[Finding]:
    """
    The first good answer to /ping came after more than half of the start-up timeout.

    The instance may be slower than this machine, and fetches the image and the model as well. The timeout can be
    raised up to an hour.
    """
    seconds, limit = serve.value["ping_seconds"], serve.value["startup_timeout"]
    if seconds is None or seconds <= _SHARE * limit:
        return
    yield Finding(
        message=f"the server took {seconds:.0f} s to answer /ping here, and the endpoint waits {limit:.0f} s",
        evidence=(Evidence("trial:serve", f"first good /ping after {seconds:.1f} s"),),
        fix=f"ContainerStartupHealthCheckTimeoutInSeconds={min(3600, int(seconds * 4))} on the production variant",
        likelihood=Likelihood.POSSIBLE,
        cause="trial:serve",
    )
