"""Check: a server that needs a GPU is to run on an instance without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.target import Target


@check(
    title="A server that needs a GPU meets an instance without one",
    fault="device-mismatch",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="vllm-project/vllm#13946",
    symptoms=(r"RuntimeError: Failed to infer device type", r"libcuda\.so\.1: cannot open shared object file"),
)
def gpu_server_without_gpu(serving: Environment, stack: str, target: Target) -> Iterator[Finding]:
    """
    The vLLM that is published is built for CUDA, and looks for a GPU before it does anything else.

    There are builds of vLLM for CPUs, which say so in their version (+cpu). Anything else needs an instance with a GPU.
    """
    version = serving.packages.get("vllm", "")
    if stack != "vllm" or not version or "+" in version or target.gpu:
        return
    if target.instance and target.hardware.get("accelerator"):
        return
    yield Finding(
        message=f"vllm {version} is built for CUDA, and {target.name} has no GPU",
        evidence=(serving.evidence("vllm"), target.evidence()),
        fix="--instance-type ml.g5.xlarge (or a build of vLLM for CPUs)",
        likelihood=Likelihood.LIKELY,
        log="RuntimeError: Failed to infer device type",
        cause="target:gpu",
    )
