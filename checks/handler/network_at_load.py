"""Check: the handler fetches something when it starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.handler.uses import fetches
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="The handler fetches something from the network",
    fault="network-or-iam",
    severity=Severity.NOTE,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
    symptoms=(
        r"We couldn't connect to 'https://huggingface.co",
        r"Max retries exceeded with url",
        r"EndpointConnectionError: Could not connect to the endpoint URL",
    ),
)
def network_at_load(handler: Handler) -> Iterator[Finding]:
    """
    The script downloads while it starts or answers, so it needs a network.

    It works where the endpoint has one. Under network isolation, in a VPC without a way out, or while the other side
    is down, it waits until it times out. Pack what it fetches into the archive.
    """
    told: set[str] = set()
    for call, what in fetches(handler):
        if call.path not in told:
            told.add(call.path)
            yield Finding(
                message=f"{call.path}:{call.line} {what}, which fails where the endpoint has no network",
                evidence=(handler.seen(call.path, call.line),),
                fix="download it before you pack, put it into the archive, and load it from model_dir",
                likelihood=Likelihood.POSSIBLE,
                cause=f"artifact:{call.path}:{call.line}",
            )
