"""Check: several models behind one endpoint on a GPU, with a stack that can't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.target import Target


@check(
    title="A multi-model endpoint on a GPU instance, with a container that has none for it",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://github.com/aws/sagemaker-huggingface-inference-toolkit/issues/59",
    symptoms=(r"[Mm]ulti-?[Mm]odel.* not supported .*GPU", r"instance type .* not supported for multi-model"),
)
def multi_model_needs_cpu(target: Target, stack: str) -> Iterator[Finding]:
    """
    Multi-model endpoints on GPU instances work with few containers: Triton, and servers that manage a GPU's memory.

    The scikit-learn, XGBoost, MXNet, TensorFlow Serving and Hugging Face containers serve several models on CPU
    instances only. Take a CPU instance, or one endpoint a model.
    """
    if not target.is_a("multi-model") or stack not in load("limits")["endpoints"]["multi-model"]["cpu_stacks"]:
        return
    if not target.gpu:
        return
    yield Finding(
        message=f"a multi-model endpoint of the {stack} container takes CPU instances only, and {target.instance} "
        "has GPUs",
        evidence=(Evidence("target:endpoint", "multi-model"), target.evidence()),
        fix="--instance-type ml.m5.xlarge, or one endpoint a model, or Triton's container",
        likelihood=Likelihood.LIKELY,
        cause="target:endpoint",
    )
