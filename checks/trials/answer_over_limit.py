"""Check: an answer is larger than the endpoint hands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The answer to the sample is larger than the endpoint hands on",
    fault="payload-limit",
    severity=Severity.WARNING,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/hosting-faqs.html",
    symptoms=(r"response payload size (?:exceeded|is too large)",),
)
def answer_over_limit(serve: Step) -> Iterator[Finding]:
    """
    The endpoint hands on answers up to a size that its kind sets.

    The model answered the sample, and what it answered is larger than that, so that clients get an error in its place.
    An asynchronous endpoint writes answers of up to 1 GB to a bucket.
    """
    limit = serve.value["payload_bytes"]
    over = next((a for a in serve.value["answers"] if 200 <= a["status"] < 300 and a["bytes"] > limit), None)
    if over is None:
        return
    yield Finding(
        message=f"the answer to the sample has {over['bytes']:,} bytes; the endpoint hands on {limit:,}",
        evidence=(Evidence("trial:serve", f"POST /invocations: status {over['status']}, {over['bytes']:,} bytes"),),
        fix="answer less (a class in place of all scores, compressed, float16), or deploy with --endpoint async",
        likelihood=Likelihood.LIKELY,
        cause="trial:serve/size",
    )
