"""Check: TGI or TEI isn't told which model to serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.target import Target


@check(
    title="HF_MODEL_ID is not set",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/huggingface/text-generation-inference/blob/main/sagemaker-entrypoint.sh",
    symptoms=(r"^HF_MODEL_ID must be set",),
)
def model_id_missing(stack: str, target: Target) -> Iterator[Finding | Unknown]:
    """
    The start script of TGI and TEI ends at once where HF_MODEL_ID isn't set.

    A model that is packed with the endpoint is at /opt/ml/model; they don't look there by themselves.
    """
    if stack not in {"tgi", "tei"} or target.variables.get("HF_MODEL_ID"):
        return
    if not target.variables:
        yield Unknown("no --env given; the container needs HF_MODEL_ID=/opt/ml/model")
        return
    yield Finding(
        message="HF_MODEL_ID is not set, and the container ends without it",
        evidence=(Evidence("target:env/HF_MODEL_ID", f"not among {', '.join(sorted(target.variables))}"),),
        fix="HF_MODEL_ID=/opt/ml/model",
        log="HF_MODEL_ID must be set",
        cause="target:env/HF_MODEL_ID",
    )
