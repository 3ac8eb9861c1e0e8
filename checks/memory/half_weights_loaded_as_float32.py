"""Check: weights stored in 16 bits are loaded in 32, and then don't fit the GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check
from doctor.weights import made_smaller

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="Weights of 16 bits are loaded in 32, and don't fit the GPU",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/transformers/v4.57.1/en/main_classes/model#transformers.PreTrainedModel.from_pretrained.torch_dtype",
    symptoms=(r"torch\.(cuda\.)?OutOfMemoryError: CUDA out of memory", r"CUDA out of memory\. Tried to allocate"),
    explains=("gpu-memory-without-headroom", "workers-over-gpu-memory"),
)
def half_weights_loaded_as_float32(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    Up to transformers 4, from_pretrained without torch_dtype makes float32 of weights that are stored in 16 bits.

    They take twice the bytes that the file has: a model of 7 billion parameters 28 GB instead of 14. From transformers
    5 on the stored dtype is kept. Pass torch_dtype="auto", or the dtype itself.
    """
    if not target.gpu:
        return
    from doctor.memory.fitting import amount
    from doctor.memory.gpus import of_hardware
    from doctor.memory.placed import placed

    found = placed(models, handler, stack, target, serving)
    gpu = of_hardware(target.hardware) if found is not None else None
    if found is None or gpu is None or found.size.low <= found.weights.size:
        return
    room = gpu.visible.high - gpu.context.low
    if not found.weights.size <= room < found.size.low:
        return
    smaller = made_smaller(models, target.variables, artifact, handler)
    if smaller:
        yield Unknown(f"{smaller!r} may make the weights smaller while they load")
        return
    version = serving.packages["transformers"]
    yield Finding(
        message=f"transformers {version} makes float32 of {amount(found.weights.size)} of weights: "
        f"{amount(found.size.low)}, and CUDA sees {amount(gpu.visible.high)} of the {gpu.name} of {target.instance}",
        evidence=(found.weights.evidence(), *found.evidence, serving.evidence("transformers"), target.evidence()),
        fix='from_pretrained(..., torch_dtype="auto")',
        log="torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
        cause="target:gpu-memory",
    )
