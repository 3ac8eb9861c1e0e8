"""Check: TorchServe gathers requests into batches, and the handler answers one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.target import Target

_FIRST = "1.7.1"  # sagemaker-inference: transformer.py goes over all requests of a batch


@check(
    title="TorchServe gathers requests into batches, and the handler answers only one",
    fault="response-shape",
    severity=Severity.ERROR,
    stage=Stage.TRAFFIC,
    basis="https://github.com/aws/amazon-sagemaker-examples/issues/3525",
    symptoms=(r"number of batch response mismatched, expect: \d+, got: 1",),
)
def torchserve_batch_not_handled(target: Target, stack: str, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    With SAGEMAKER_TS_BATCH_SIZE above 1, TorchServe hands requests that come together to the handler as one list.

    sagemaker-inference before 1.7.1 reads the first of them and answers it alone, so all are answered with 503; one
    request at a time works, which hides it. Update the package, or leave the batch size at 1.
    """
    size = target.variables.get("SAGEMAKER_TS_BATCH_SIZE", "")
    if stack != "pytorch" or not size.isdigit() or int(size) < 2:
        return
    from packaging.version import Version

    if "sagemaker-inference" not in serving.packages:
        yield Unknown(f"{serving.source} doesn't say which sagemaker-inference is there")
        return
    version = serving.version("sagemaker-inference")
    if version is None or version >= Version(_FIRST):
        return
    yield Finding(
        message=f"SAGEMAKER_TS_BATCH_SIZE is {size}, and sagemaker-inference {version} answers one request of a batch",
        evidence=(Evidence("target:env/SAGEMAKER_TS_BATCH_SIZE", size), serving.evidence("sagemaker-inference")),
        fix="SAGEMAKER_TS_BATCH_SIZE=1, or echo 'sagemaker-inference>=1.7.1' >> code/requirements.txt",
        likelihood=Likelihood.CERTAIN,
        log=f"MODEL_LOG - model: model, number of batch response mismatched, expect: {size}, got: 1.",
        cause="target:env/SAGEMAKER_TS_BATCH_SIZE",
    )
