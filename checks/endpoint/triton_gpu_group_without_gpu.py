"""Check: a Triton model asks for a GPU that the instance doesn't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.triton import loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A Triton model asks for a GPU on an instance without one",
    fault="device-mismatch",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md#instance-groups",
    symptoms=(
        r"has kind KIND_GPU but no GPUs are available",
        r"specifies invalid or unsupported gpu id",
    ),
)
def triton_gpu_group_without_gpu(artifact: Artifact, models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    An instance_group of KIND_GPU can't be made on an instance without a GPU, nor one on a GPU that isn't there.

    KIND_AUTO, or no instance_group at all, takes a GPU where there is one and the processor otherwise.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    for model in loaded(artifact, models, target):
        for group in model.config.instance_groups if model.config else ():
            gpus = int(target.hardware["gpu"]["count"]) if target.gpu else 0
            beyond = [g for g in group.gpus if g >= gpus]
            if (group.kind != "KIND_GPU" or gpus) and not beyond:
                continue
            asks = f"GPU {beyond[0]}" if beyond else "KIND_GPU"
            log = "has kind KIND_GPU but no GPUs are available"
            yield Finding(
                message=f"{model.path} asks for {asks}, and {target.name} has {f'{gpus} GPU' if gpus else 'no GPU'}",
                evidence=(Evidence(f"artifact:{model.path}", f"instance_group: {asks}"), target.evidence()),
                fix="instance_group [{ kind: KIND_AUTO }]",
                log=f"instance group {model.folder}_0 of model {model.folder} "
                + (f"specifies invalid or unsupported gpu id {beyond[0]}" if beyond else log),
                cause=f"artifact:{model.path}",
            )
