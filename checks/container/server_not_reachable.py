"""Check: the server listens where the platform doesn't ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="The server listens where the platform doesn't ask",
    fault="ping-contract",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="pytorch/serve#1626",
    symptoms=(
        r"did not pass the ping health check",
        r"Uvicorn running on http://127\.0\.0\.1",
        r"Listening at: http://127",
    ),
)
def server_not_reachable(image: Image) -> Iterator[Finding]:
    """
    The platform asks for /ping on port 8080, from outside the container.

    Servers listen on 127.0.0.1 unless told otherwise, where only the container itself reaches them, and on ports of
    their own. The log looks healthy, and the endpoint never gets so. Listen on 0.0.0.0:8080.
    """
    from doctor.image.addresses import addresses

    for one in addresses(image):
        if one.is_loopback or one.port != "8080":
            yield Finding(
                message=f"{one.server} listens on {one.host}:{one.port}, and the platform asks port 8080 from outside",
                evidence=(one.seen,),
                fix=_fix(one.server),
                likelihood=Likelihood.LIKELY,
                log="did not pass the ping health check",
                cause="image:address",
            )
            return


def _fix(server: str) -> str:
    if server == "torchserve":
        return "inference_address=http://0.0.0.0:8080 in config.properties"
    return f"{server} ... {'--host 0.0.0.0 --port 8080' if server in {'uvicorn', 'flask'} else '--bind 0.0.0.0:8080'}"
