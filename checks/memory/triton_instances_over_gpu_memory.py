"""Check: the instances that Triton puts on one GPU, each with a copy of the weights, don't fit it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.triton import loaded
from doctor.weights import of_files

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target
    from doctor.triton import TritonModel

_COPY = ("onnxruntime", "pytorch")  # backends that load once for each instance; TensorRT's and TensorFlow's may share
_SHARE = ("ENABLE_WEIGHT_SHARING", "share_session_between_instances")


class _Copies(NamedTuple):
    """Copies of one model's weights on one GPU."""

    model: TritonModel
    path: str
    size: int
    instances: int


@check(
    title="Triton's instances on one GPU, each with its own copy of the model, don't fit it",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/server/issues/6928",
    symptoms=(
        r"CUDA out of memory\. Tried to allocate",
        r"Failed to allocate memory for requested buffer of size \d+",
        r"CUDA failure 2: out of memory",
    ),
)
def triton_instances_over_gpu_memory(
    artifact: Artifact, models: Models, stack: str, target: Target
) -> Iterator[Finding]:
    """
    Each instance of an ONNX or TorchScript model loads the weights anew, on each GPU that its group names.

    The count of an instance_group is that for each GPU, not for all. Only the weights and CUDA's context are counted:
    ONNX Runtime's arena and activations come on top. Start fewer instances, or take an instance with more GPU memory.
    """
    if stack != "triton" or "config.pbtxt" in artifact or not target.gpu:
        return
    from doctor.memory.gpus import of_hardware

    gpu = of_hardware(target.hardware)
    found = [c for m in loaded(artifact, models, target) if (c := _copies(m, models)) is not None]
    total = sum(c.size * c.instances for c in found)
    if gpu is None or not any(c.instances > 1 for c in found) or total + gpu.context.low <= gpu.visible.high:
        return
    from doctor.memory.fitting import amount

    most = max(found, key=lambda c: c.size * (c.instances - 1))
    fits = int((gpu.visible.low - gpu.context.expected - total + most.size * most.instances) // most.size)
    yield Finding(
        message=f"{most.instances} instances of {most.model.folder} have {amount(most.size)} of weights each, "
        f"{amount(total)} in all on each GPU, and CUDA sees {amount(gpu.visible.high)} of the {gpu.name} of "
        f"{target.instance}",
        evidence=(
            *(Evidence(f"artifact:{c.model.path}", f"instance_group: {c.instances} on a GPU") for c in found),
            *(Evidence(f"artifact:{c.path}", f"{c.size / 1e9:.1f} GB of tensors") for c in found),
            target.evidence(),
        ),
        fix=f"instance_group [{{ count: {max(fits, 1)} kind: KIND_GPU }}] in {most.model.path}",
        likelihood=Likelihood.LIKELY,
        log="onnxruntime::BFCArena::AllocateRawInternal: Failed to allocate memory for requested buffer of size"
        if most.model.backend == "onnxruntime"
        else "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
        cause="target:gpu-memory",
    )


def _copies(model: TritonModel, models: Models) -> _Copies | None:
    """Return the copies that a model surely has on the first GPU, None where it has none, or none of its own."""
    config = model.config
    if config is None or model.backend not in _COPY or any(p in _SHARE for p in config.parameters):
        return None
    version = max(model.versions, key=int, default="")
    file = models.at(f"{model.folder}/{version}/{model.filename}")
    size = of_files([file]).size if file is not None and not config.versions else 0
    groups = config.instance_groups
    count = sum(max(g.instances, 1) for g in groups if g.kind == "KIND_GPU" and (not g.gpus or 0 in g.gpus))
    return _Copies(model, file.path, size, count) if file is not None and size and count else None
