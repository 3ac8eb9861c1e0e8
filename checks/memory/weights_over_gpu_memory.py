"""Check: the model's weights alone are larger than the GPU's memory."""

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
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The weights alone are larger than the memory of the GPUs",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.vllm.ai/en/latest/configuration/conserving_memory.html",
    symptoms=(r"torch\.(cuda\.)?OutOfMemoryError: CUDA out of memory", r"CUDA out of memory\. Tried to allocate"),
    explains=("context-over-gpu-memory", "half-weights-loaded-as-float32", "gpu-memory-without-headroom"),
)
def weights_over_gpu_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Before the first request, all weights must be in the memory of the GPU, or of all where the server divides them.

    This counts the tensors' bytes as stored and the least that CUDA itself takes; caches and activations come on top.
    Servers that cast wider floats to 16 bits are counted so. CUDA sees less of a GPU's memory than its data sheet
    says. Several GPUs count together only where the server divides a model: vLLM does where its tensor parallel size
    says so. Take an instance with more GPU memory, or quantize.
    """
    if not target.gpu:
        return
    from doctor.memory.gpus import of_hardware
    from doctor.memory.placed import placed

    found = placed(models, handler, stack, target, None)
    gpu = of_hardware(target.hardware) if found is not None else None
    if found is None or gpu is None or found.size.low // found.gpus + gpu.context.low <= gpu.visible.high:
        return
    smaller = made_smaller(models, target.variables, artifact, handler)
    if smaller:
        yield Unknown(f"{smaller!r} may make the weights smaller while they load")
        return
    yield _finding(found, gpu, target)


def _finding(found: Placed, gpu: Gpu, target: Target) -> Finding:
    from doctor.memory.fitting import amount
    from doctor.memory.larger import larger

    room = f"CUDA sees {amount(gpu.visible.high)} of the {gpu.name} of {target.instance}"
    if found.gpus > 1:
        room = f"CUDA sees {amount(gpu.visible.high * found.gpus)} of {found.gpus} {gpu.name} of {target.instance}"
    need, least = found.size.low // found.gpus + gpu.context.low, gpu.context.low
    count = int(target.hardware["gpu"]["count"])
    undivided = any(seen.saw.startswith("not set") for seen in found.evidence)
    divided = undivided and found.size.low // count + least <= gpu.visible.low
    return Finding(
        message=f"the weights take {amount(found.size.low)} and CUDA's context {amount(least)} at least, and {room}",
        evidence=(
            found.weights.evidence(),
            *found.evidence,
            target.evidence(),
            Evidence("target:gpu-memory", f"{gpu.visible.high:,} bytes that CUDA sees of each {gpu.name}"),
        ),
        fix=f"--env SM_VLLM_TENSOR_PARALLEL_SIZE={count}"
        if divided
        else larger(need, found.gpus) or "quantize the weights, or divide them over more GPUs",
        likelihood=Likelihood.LIKELY if undivided else Likelihood.CERTAIN,
        log="torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
        cause="target:gpu-memory",
    )
