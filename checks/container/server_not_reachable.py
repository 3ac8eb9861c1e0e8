"""Check: the server listens where the platform doesn't ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


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
def server_not_reachable(image: Image, target: Target) -> Iterator[Finding]:
    """
    The platform asks for /ping on port 8080, from outside the container.

    Servers listen on 127.0.0.1 unless told otherwise, where only the container itself reaches them, and on ports of
    their own. The log looks healthy, and the endpoint never gets so. Listen on 0.0.0.0:8080, or on the port that
    SAGEMAKER_BIND_TO_PORT names where the endpoint sets that.
    """
    from doctor.image.addresses import addresses

    said = target.variables.get("SAGEMAKER_BIND_TO_PORT", "")
    port = said or "8080"
    for one in addresses(image):
        if one.is_loopback or one.port != port:
            yield Finding(
                message=f"{one.server} listens on {one.host}:{one.port}, and the platform asks port {port} from "
                "outside",
                evidence=(one.seen, *([Evidence("target:env/SAGEMAKER_BIND_TO_PORT", said)] if said else [])),
                fix=_fix(one.server, "${SAGEMAKER_BIND_TO_PORT:-8080}" if said else "8080"),
                likelihood=Likelihood.LIKELY,
                log="did not pass the ping health check",
                cause="image:address",
            )
            return


def _fix(server: str, port: str) -> str:
    if server == "torchserve":
        return f"inference_address=http://0.0.0.0:{port} in config.properties"
    by_option = server in {"uvicorn", "flask"}
    return f"{server} ... {f'--host 0.0.0.0 --port {port}' if by_option else f'--bind 0.0.0.0:{port}'}"
