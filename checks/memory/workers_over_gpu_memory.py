"""Check: the workers that share a GPU don't fit it together, each with a copy of the weights of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.weights import made_smaller

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.memory.gpus import Gpu
    from doctor.memory.placed import Placed
    from doctor.models import Models
    from doctor.target import Target


class _Sharing(NamedTuple):
    """How many workers are on one GPU, what says so, and what to do."""

    workers: int
    evidence: tuple[Evidence, ...]
    fix: str


@check(
    title="The workers on one GPU, each with its own copy of the model, don't fit it",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/serve/issues/71",
    symptoms=(
        r"CUDA out of memory\. Tried to allocate",
        r"Retry worker: \d+ in \d+ seconds",
        r"torch\.(cuda\.)?OutOfMemoryError: CUDA out of memory",
    ),
    explains=("gpu-memory-without-headroom",),
)
def workers_over_gpu_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Each worker is a process of its own, with its own copy of the weights and CUDA's context for each.

    TorchServe and Multi Model Server start one worker for each GPU, or as many as SAGEMAKER_MODEL_SERVER_WORKERS says,
    and give each the number of a GPU in turn (context.system_properties["gpu_id"]). A script that says "cuda" without
    that number puts all of them on the first GPU. Run fewer workers, or use the GPU that the server gives.
    """
    if not target.gpu:
        return
    from doctor.memory.gpus import of_hardware
    from doctor.memory.placed import SHARDING, placed

    found = placed(models, handler, stack, target, None)
    gpu = of_hardware(target.hardware) if found is not None else None
    if found is None or gpu is None or (stack in SHARDING and not handler):
        return
    sharing = _sharing(found, stack, target, gpu)
    one = found.size.low + gpu.context.low
    if sharing.workers < 2 or one > gpu.visible.high or one * sharing.workers <= gpu.visible.high:
        return
    smaller = made_smaller(models, target.variables, artifact, handler)
    if smaller:
        yield Unknown(f"{smaller!r} may make the weights smaller while they load")
        return
    yield _finding(found, gpu, target, sharing)


def _sharing(found: Placed, stack: str, target: Target, gpu: Gpu) -> _Sharing:
    from doctor.memory.processes import counted

    processes = counted(stack, target.variables, target.hardware)
    gpus = int(target.hardware["gpu"]["count"])
    seen = (Evidence("target:workers", processes.why),)
    one = found.size.expected + gpu.context.expected
    fits = max(int(gpu.visible.low // one), 1)
    if gpus > 1 and processes.on_host > 1 and found.all_on_first is not None:
        fix = "device = torch.device('cuda:' + str(context.system_properties.get('gpu_id')))"
        return _Sharing(processes.on_host, (*seen, found.all_on_first), fix)
    return _Sharing(processes.on_gpu, seen, f"--env SAGEMAKER_MODEL_SERVER_WORKERS={fits * gpus}")


def _finding(found: Placed, gpu: Gpu, target: Target, sharing: _Sharing) -> Finding:
    from doctor.memory.fitting import amount

    one = found.size.low + gpu.context.low
    each, whole = amount(one), amount(one * sharing.workers)
    gpus = "the first GPU" if len(sharing.evidence) > 1 else "one GPU"
    evidence = dict.fromkeys((found.weights.evidence(), *found.evidence, *sharing.evidence, target.evidence()))
    return Finding(
        message=f"{sharing.workers} workers on {gpus} take {each} each, {whole} in all, "
        f"of {amount(gpu.visible.high)} that CUDA sees of the {gpu.name} of {target.instance}",
        evidence=tuple(evidence),
        fix=sharing.fix,
        likelihood=Likelihood.LIKELY,
        log="RuntimeError: CUDA out of memory. Tried to allocate",
        cause="target:gpu-memory",
    )
