"""Check: the model, once in each worker, is larger than the host's memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.torchloads import JIT_LOAD, TORCH_LOAD, loads, passed
from doctor.weights import Weights, made_smaller, of_files, workers

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_PER_CORE = ("pytorch", "huggingface")  # their servers start a worker a core, each with its own copy


@check(
    title="The model, once in each worker, is larger than the host's memory",
    fault="host-memory-or-disk",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/autogluon/autogluon-cloud/issues/39",
    symptoms=(
        r"os::commit_memory failed; error='Not enough space'",
        r"DefaultCPUAllocator: can't allocate memory",
        r"Worker .* was sent SIGKILL",
        r"Killed",
    ),
    explains=("loading-over-host-memory",),
)
def weights_over_host_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    On a CPU instance each worker process loads its own copy, and the servers start one worker a core.

    Only the bytes of what torch.load reads are counted: Python and the libraries come on top. Set
    SAGEMAKER_MODEL_SERVER_WORKERS, take an instance with more memory, or a serverless endpoint's next size.
    """
    weights = _loaded(models, handler)
    if weights is None or target.gpu or made_smaller(models, target.variables, artifact, handler):
        return
    alone = target.is_a("serverless") or target.is_a("multi-model")  # of several models, each has one worker
    cores = 1 if alone else int(target.hardware["vcpu"])
    count = workers(target.variables, cores if stack in _PER_CORE else 1)
    total, room = weights.size * count, target.memory
    if total < room:
        return
    each = f"{count} workers with {weights.size / 1e9:.1f} GB of weights each" if count > 1 else "the weights"
    fits = room // weights.size
    yield Finding(
        message=f"{each} take {total / 1e9:.1f} GB, and {target.name} has {room / 1e9:.1f} GB of memory",
        evidence=(
            weights.evidence(),
            Evidence("target:env/SAGEMAKER_MODEL_SERVER_WORKERS", _says(target, count)),
            target.evidence(),
        ),
        fix=f"SAGEMAKER_MODEL_SERVER_WORKERS={max(1, fits - 1)}" if fits else "take more memory",
        likelihood=Likelihood.CERTAIN if weights.size > room else Likelihood.LIKELY,
        log="RuntimeError: [enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory"
        if count == 1
        else "OpenJDK 64-Bit Server VM warning: os::commit_memory failed; error='Not enough space' (errno=12)",
        cause="target:memory",
    )


def _says(target: Target, count: int) -> str:
    named = target.variables.get("SAGEMAKER_MODEL_SERVER_WORKERS")
    return named or (f"not set: one a core, {count}" if count > 1 else "not set")


def _loaded(models: Models, handler: Handler) -> Weights | None:
    """Return the weights that are surely loaded into memory of their own."""
    files = {
        load.file.path: load.file
        for load in loads(handler, models, TORCH_LOAD + JIT_LOAD)
        if load.call.certain and passed(load.call, -1, "mmap") is None
    }
    return of_files(list(files.values())) if files else None
