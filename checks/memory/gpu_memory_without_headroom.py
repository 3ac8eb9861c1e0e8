"""Check: the weights fit the GPU, and leave next to nothing for requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.weights import made_smaller

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.memory.gpus import Gpu
    from doctor.memory.placed import Placed
    from doctor.memory.processes import Processes
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The weights leave no headroom in the GPU's memory",
    fault="gpu-memory",
    severity=Severity.WARNING,
    stage=Stage.TRAFFIC,
    basis="https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management",
    symptoms=(r"torch\.(cuda\.)?OutOfMemoryError: CUDA out of memory", r"CUDA out of memory\. Tried to allocate"),
)
def gpu_memory_without_headroom(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    What weights and CUDA's own context leave of a GPU is all that requests have for their inputs and activations.

    Less than a twentieth of the memory is left here: one request may be answered, and a larger one, or several
    together, end in CUDA out of memory. Servers that plan with all of the memory (vLLM, TGI) aren't judged so. Load in
    16 bits, run fewer workers, or take an instance with more GPU memory.
    """
    if not target.gpu:
        return
    from doctor.memory.fitting import HEADROOM
    from doctor.memory.gpus import of_hardware
    from doctor.memory.placed import SHARDING, placed
    from doctor.memory.processes import counted

    found = placed(models, handler, stack, target, None)
    gpu = of_hardware(target.hardware) if found is not None else None
    if found is None or gpu is None or (stack in SHARDING and not handler):
        return
    processes = counted(stack, target.variables, target.hardware)
    one = found.size.expected + gpu.context.expected
    least = found.size.low + gpu.context.low
    count = max(processes.on_gpu, 1)
    if least > gpu.visible.high or least * count > gpu.visible.high:
        return  # that is another check's
    if one * count <= gpu.visible.expected * (1 - HEADROOM):
        return
    smaller = made_smaller(models, target.variables, artifact, handler)
    if smaller:
        yield Unknown(f"{smaller!r} may make the weights smaller while they load")
        return
    yield _finding(found, gpu, target, processes)


def _finding(found: Placed, gpu: Gpu, target: Target, processes: Processes) -> Finding:
    from doctor.memory.fitting import amount
    from doctor.memory.larger import larger

    count = max(processes.on_gpu, 1)
    one = found.size.expected + gpu.context.expected
    left = max(gpu.visible.expected - one * count, 0)
    each = f"{count} workers with {amount(one)} each" if count > 1 else f"{amount(one)} of weights and CUDA's context"
    workers = (Evidence("target:workers", processes.why),) if count > 1 else ()
    return Finding(
        message=f"{each} leave {amount(left)} of the {amount(gpu.visible.expected)} that CUDA sees of the "
        f"{gpu.name} of {target.instance}: larger requests run out of memory",
        evidence=(found.weights.evidence(), *found.evidence, *workers, target.evidence()),
        fix=f"--env SAGEMAKER_MODEL_SERVER_WORKERS={processes.on_host // count * (count - 1)}"
        if count > 1
        else larger(one) or "load the weights in 16 bits",
        likelihood=Likelihood.LIKELY,
        log="torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
        cause="target:gpu-memory",
    )
