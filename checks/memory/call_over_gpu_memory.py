"""Check: a call of the model, followed without a GPU, needs more than the GPU has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.memory.estimating import Memory
    from doctor.memory.fitting import Held
    from doctor.memory.gpus import Gpu
    from doctor.memory.traced import Run
    from doctor.target import Target
    from doctor.trials.values import Step


@check(
    title="A call of the model needs more memory than the GPU has",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management",
    symptoms=(r"torch\.(cuda\.)?OutOfMemoryError: CUDA out of memory", r"CUDA out of memory\. Tried to allocate"),
    explains=("gpu-memory-without-headroom", "no-no-grad"),
)
def call_over_gpu_memory(
    target: Target, stack: str, handler: Handler, load: Step, memory: Memory
) -> Iterator[Finding | Unknown]:
    """
    The model's own code was followed with tensors that hold no numbers, and what PyTorch would ask of the GPU counted.

    Weights, activations, workspaces of the matrix libraries and CUDA's context come to more than CUDA sees of the GPU,
    at the least of each. Answer fewer rows at a time, load in 16 bits, predict without gradients, or take an instance
    with more GPU memory: doctor fit has a table of them.
    """
    from doctor.memory.fitting import held
    from doctor.memory.gpus import of_hardware
    from doctor.memory.placed import placed
    from doctor.memory.processes import counted
    from doctor.memory.traced import EXACT

    subject = memory.subject
    if not load.worked or not target.gpu or placed(subject.models, handler, stack, target, None) is None:
        return
    gpu = of_hardware(target.hardware)
    batch = subject.workload.batch
    runs = memory.traced.of(gpu) if memory.traced is not None and gpu is not None else []
    run = next((r for r in runs if r.batch == batch), None)
    if memory.traced is None or gpu is None or run is None:
        yield Unknown(memory.why_not or "no call of the model was followed")
        return
    need = memory.on(gpu)
    if need is None or run.weights + gpu.context.low > gpu.visible.high:
        return  # that is another check's
    one = held(need, max(counted(stack, target.variables, target.hardware).on_gpu, 1), gpu.visible)
    if one.size.low <= one.room.high:
        return
    if run.coverage < EXACT:
        yield Unknown(f"the call was followed, but rules cover only {run.coverage:.0%} of its memory")
        return
    yield _finding(one, run, gpu, target, memory)


def _finding(one: Held, run: Run, gpu: Gpu, target: Target, memory: Memory) -> Finding:
    from doctor.memory.fitting import amount
    from doctor.memory.larger import larger

    terms = ", ".join(f"{t.name} {amount(t.size.expected)}" for t in one.need.terms if t.size.expected >= 1 << 20)
    each = f"{one.processes} workers need" if one.processes > 1 else "needs"
    most = memory.traced.largest_batch(gpu, one.processes) if memory.traced is not None else 0
    fewer = f"answer at most {most:,} rows at a time" if 0 < most < run.batch else larger(one.need.size.expected)
    rows = f"{run.batch:,} row{'s' if run.batch > 1 else ''}"
    return Finding(
        message=f"a call with {rows} {each} {amount(one.size.low)} at least, and CUDA sees {amount(one.room.high)} "
        f"of the {gpu.name} of {target.instance}",
        evidence=(Evidence("trial:memory", terms), *_largest(run), target.evidence()),
        fix="with torch.inference_mode():" if run.gradients else fewer or "load the weights in 16 bits",
        likelihood=Likelihood.LIKELY,
        log="torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
        cause="target:gpu-memory",
    )


def _largest(run: Run) -> tuple[Evidence, ...]:
    from doctor.memory.fitting import amount

    return tuple(
        Evidence("trial:memory", f"{name or 'model'}: {amount(size)} at the peak") for name, size in run.top[:2]
    )
