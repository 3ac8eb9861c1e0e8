"""Check: the sample is larger than the container's model server takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.target import Target


@check(
    title="The sample is larger than the model server takes",
    fault="payload-limit",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/pytorch/serve/issues/3357",
    symptoms=(r"Request Entity Too Large", r"content length exceeded \d+", r"RequestEntityTooLargeException"),
)
def payload_over_server_limit(sample: bytes, stack: str, handler: Handler, target: Target) -> Iterator[Finding]:
    """
    The model server inside the container has a limit of its own, and it is lower than the platform's.

    TorchServe and Multi Model Server take 6 553 500 bytes unless told otherwise, XGBoost's algorithm server 6 291 456.
    A variable of the endpoint raises it: TS_MAX_REQUEST_SIZE, MMS_MAX_REQUEST_SIZE or MAX_CONTENT_LENGTH.
    """
    row = load("limits")["servers"]["request_bytes"].get(stack)
    if row is None or (row.get("algorithm") and (handler or "SAGEMAKER_PROGRAM" in target.variables)):
        return
    name, size = row["variable"], len(sample)
    told = target.variables.get(name, "")
    if told and not told.isdigit():
        return
    most = int(told or row["bytes"])
    if size <= most:
        return
    says = f"{name}={told}" if told else f"{name} is not set: {most:,} bytes"
    yield Finding(
        message=f"the sample has {size:,} bytes, and {row['server']} takes {most:,} at most",
        evidence=(Evidence("sample", f"{size:,} bytes"), Evidence(f"target:env/{name}", says)),
        fix=f"set {name}={_round_up(size)} on the endpoint",
        likelihood=Likelihood.CERTAIN if told else Likelihood.LIKELY,
        log="413 Request Entity Too Large",
        cause="sample:size",
    )


def _round_up(size: int) -> int:
    """Return the next whole number of MiB with room to spare."""
    return (size * 5 // 4 // (1 << 20) + 1) << 20
