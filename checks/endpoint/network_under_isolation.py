"""Check: the script fetches something on an endpoint that has no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.target import Target

_ISOLATED = Evidence("target:network-isolation", "on: the container reaches nothing")


@check(
    title="The script fetches something, and the endpoint has no network",
    fault="network-or-iam",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
    symptoms=(
        r"Failed to establish a new connection: \[Errno -\d\]",
        r"Temporary failure in name resolution",
        r"We couldn't connect to 'https://huggingface.co",
    ),
    explains=("network-at-load", "pip-at-import"),
)
def network_under_isolation(handler: Handler, target: Target) -> Iterator[Finding]:
    """
    Network isolation takes every connection from the container, those to storage and package indexes too.

    What the script fetches while it starts waits until it times out, or fails at once. Put models and data into the
    archive.
    """
    if not target.network_isolation:
        return
    from doctor.handler.uses import fetches

    for call, what in fetches(handler):
        if call.certain and not call.caught:
            yield Finding(
                message=f"{call.path}:{call.line} {what}, and network isolation is on",
                evidence=(handler.seen(call.path, call.line), _ISOLATED),
                fix="download it before you pack, put it into the archive, and load it from model_dir",
                log="urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>"
                if "urllib" in what
                else "",
                cause=f"artifact:{call.path}:{call.line}",
            )
            return
