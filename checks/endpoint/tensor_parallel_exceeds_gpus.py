"""Check: the server is told to use more GPUs than the instance has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.llmserving import server
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_LOGS = {
    "djl": "ai.djl.engine.EngineException: GPU devices are not enough to run {degree} partitions.",
    "tgi": "RuntimeError: CUDA error: invalid device ordinal",
    "vllm": "World size ({degree}) is larger than the number of available GPUs ({gpus}) in this node",
}


@check(
    title="The server is told to use more GPUs than there are",
    fault="gpu-capability",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.djl.ai/master/docs/serving/serving/docs/lmi/deployment_guide/configurations.html",
    symptoms=(
        r"GPU devices are not enough to run \d+ partitions",
        r"CUDA error: invalid device ordinal",
        r"World size \(\d+\) is larger than the number of available GPUs",
        r"number of required GPUs exceeds the total number of available GPUs",
    ),
    explains=("tensor-parallel-heads",),
)
def tensor_parallel_exceeds_gpus(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    The degree of tensor parallelism is the number of GPUs over which one copy of the model is spread.

    It can't be more than the instance has. Take a larger instance, or a smaller degree ("max" in DJL takes all).
    """
    serving = server(models, handler, stack, target)
    degree = serving.setting("tensor_parallel") if serving else None
    if degree is None or degree.number < 2:
        return
    gpus = int(target.hardware["gpu"]["count"]) if target.gpu else 0
    if target.hardware.get("accelerator") or degree.number <= gpus:
        return
    yield Finding(
        message=f"{degree.name} is {degree.number}, and {target.instance} has "
        + (f"{gpus} GPU{'s' if gpus > 1 else ''}" if gpus else "no GPU"),
        evidence=(degree.evidence, target.evidence()),
        fix=f"{degree.name}={gpus}" if gpus else "take an instance with GPUs",
        log=_LOGS.get(stack, "").format(degree=degree.number, gpus=gpus),
        cause=degree.evidence.where,
    )
