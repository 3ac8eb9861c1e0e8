"""Check: the sample is larger than the kind of endpoint takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.target import Target

_MB = 1 << 20


@check(
    title="The sample is larger than the endpoint takes",
    fault="payload-limit",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/hosting-faqs.html",
    symptoms=(
        r"HTTP content length exceeded \d+ bytes",
        r"Connection was closed before we received a valid response",
        r"\b413\b.*(Entity|Payload|Content) Too Large",
    ),
    explains=("payload-over-server-limit",),
)
def payload_over_endpoint_limit(sample: bytes, target: Target) -> Iterator[Finding]:
    """
    Each kind of endpoint takes requests up to a size, whatever the container would take.

    Larger ones are refused before the container sees them, or the connection is closed. Send less: smaller or binary
    data (JSON writes a float in up to twenty bytes, NPY in four), one example a request, or the address of the data. An
    asynchronous endpoint reads up to 1 GB from storage.
    """
    most = int(target.limits["payload_bytes"])
    if len(sample) <= most:
        return
    kind = target.endpoint
    yield Finding(
        message=f"the sample has {len(sample):,} bytes, and a {kind} endpoint takes {most:,} at most",
        evidence=(
            Evidence("sample", f"{len(sample):,} bytes"),
            Evidence("target:endpoint", f"{kind}: requests up to {most // _MB} MiB"),
        ),
        fix="send float32 as application/x-npy instead of JSON, send fewer examples a request, or deploy with an "
        "AsyncInferenceConfig and send the address of the data",
        log="An error occurred (413) when calling the InvokeEndpoint operation: HTTP content length exceeded "
        f"{most} bytes.",
        cause="sample:size",
    )
