"""Check: the weights alone are larger than the GPU's memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import by_default
from doctor.weights import elsewhere, made_smaller, of_folder

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target
    from doctor.weights import Weights

_SHARDING = ("vllm", "tgi", "djl")  # stacks that may divide a model over all GPUs


@check(
    title="The weights alone are larger than the memory of the GPUs",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.vllm.ai/en/latest/configuration/conserving_memory.html",
    symptoms=(r"torch\.(cuda\.)?OutOfMemoryError: CUDA out of memory", r"CUDA out of memory\. Tried to allocate"),
    explains=("context-over-gpu-memory",),
)
def weights_over_gpu_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Before the first request, all weights must be in the memory of the GPU, or of all where the server divides them.

    This counts the tensors' bytes as stored and nothing else: caches and activations come on top. Servers that cast
    wider floats to 16 bits are counted so. Take an instance with more GPU memory, or quantize.
    """
    sharded = stack in _SHARDING and not handler
    if not (sharded or by_default(handler, stack, target.variables)) or elsewhere(target.variables):
        return
    weights = of_folder(models, "")
    if weights is None or not target.gpu:
        return
    count = int(target.hardware["gpu"]["count"]) if sharded else 1
    need, room = weights.least if sharded else weights.size, target.gpu_memory * count
    if not room or need <= room:
        return
    smaller = made_smaller(models, target.variables, artifact, handler)
    if smaller:
        yield Unknown(f"{smaller!r} may make the weights smaller while they load")
        return
    yield _finding(weights, target, need, room, count)


def _finding(weights: Weights, target: Target, need: int, room: int, count: int) -> Finding:
    gpu = target.hardware["gpu"]["name"]
    unit = f"{count} {gpu} GPUs together have" if count > 1 else f"its {gpu} GPU has"
    return Finding(
        message=f"the weights take {need / 1e9:.1f} GB, and {target.instance}: {unit} {room / 1e9:.1f} GB",
        evidence=(weights.evidence(), target.evidence(), Evidence("target:gpu-memory", f"{room:,} bytes")),
        fix=f"take an instance with more than {need / 1e9:.0f} GB of GPU memory, or quantize the weights",
        log="torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
        cause="target:gpu-memory",
    )
