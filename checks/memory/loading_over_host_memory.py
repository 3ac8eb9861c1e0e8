"""Check: loading the model takes more of the host's memory than the instance has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.weights import made_smaller

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.memory.values import Need, Workload
    from doctor.models import Models
    from doctor.target import Target

_LIBRARIES = 1 << 30  # bytes that a worker's libraries take at most, but for very many
_TIMES = 16  # that a file's bytes are in memory at most: unpacked, made wider, copied
_WHILE = ("while loading", "per request")  # terms that are given back once a worker has loaded
_MOVED = (*_WHILE, "model in memory")  # and those of a model that went on to the GPU


class _Subject(NamedTuple):
    """What is asked of one worker, whichever releases serve it."""

    models: Models
    handler: Handler
    stack: str
    variables: Mapping[str, str]
    serving: Environment | None
    workload: Workload


@check(
    title="Loading the model takes more memory than the instance has",
    fault="host-memory-or-disk",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/autogluon/autogluon-cloud/issues/39",
    symptoms=(
        r"was sent SIGKILL! Perhaps out of memory",
        r"Worker .* was terminated due to signal 9",
        r"DefaultCPUAllocator: can't allocate memory",
        r"Killed",
    ),
)
def loading_over_host_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    On its way to the GPU a model is in the host's memory: as the module, and beside it what was read of the file.

    Instances with a large GPU and little memory of their own (ml.g5.xlarge: 22 GiB on the GPU, 16 GiB beside it) end
    the worker there. Counted are the least that each worker takes once loaded, and the peak of one that loads. Load
    onto the GPU at once (map_location, load_file(..., device="cuda"), low_cpu_mem_usage=True), run fewer workers, or
    take the next size.
    """
    cores = 1 if target.is_a("serverless") else int(target.hardware["vcpu"])
    said = target.variables.get("SAGEMAKER_MODEL_SERVER_WORKERS", "")
    workers = max(cores, int(said) if said.isdigit() else 1)
    if workers * (_LIBRARIES + _TIMES * sum(file.size for file in models.files)) < target.memory:
        return  # there is no need to look closer
    from doctor.memory.host import of_worker
    from doctor.memory.placed import placed
    from doctor.memory.values import Workload

    need = of_worker(_Subject(models, handler, stack, target.variables, None, Workload()))
    count, why = _workers(stack, target)
    gone = _MOVED if placed(models, handler, stack, target, None) is not None else _WHILE
    least = _least(need, count, gone)
    if least <= target.memory:
        return
    smaller = made_smaller(models, target.variables, artifact, handler)
    if smaller:
        yield Unknown(f"{smaller!r} may make the weights smaller while they load")
        return
    fits = next((n for n in range(count - 1, 0, -1) if _least(need, n, gone) <= target.memory * 0.9), 0)
    yield _finding(need, (count, fits), least, why, target)


def _workers(stack: str, target: Target) -> tuple[int, str]:
    from doctor.memory.processes import counted

    if target.is_a("serverless") or target.is_a("multi-model"):
        return 1, "one worker"
    found = counted(stack, target.variables, target.hardware)
    return max(found.on_host, 1), found.why


def _least(need: Need, workers: int, gone: tuple[str, ...]) -> int:
    """Return the least bytes of workers of which one still loads and the others have loaded, without what is gone."""
    kept = sum(t.size.low for t in need.terms if not t.name.startswith(gone))
    return need.size.low + (workers - 1) * kept


def _finding(need: Need, workers: tuple[int, int], least: int, why: str, target: Target) -> Finding:
    from doctor.memory.fitting import amount
    from doctor.memory.larger import with_memory

    count, fits = workers
    each = f"{count} workers take" if count > 1 else "loading takes"
    terms = ", ".join(f"{t.name} {amount(t.size.low)}" for t in need.terms if t.size.low >= 1 << 20)
    more = with_memory(least, {} if target.is_a("serverless") else target.hardware)
    return Finding(
        message=f"{each} {amount(least)} of the host's memory at least, and {target.name} has {amount(target.memory)}",
        evidence=(Evidence("artifact:/", terms), Evidence("target:workers", why), target.evidence()),
        fix=f"--env SAGEMAKER_MODEL_SERVER_WORKERS={fits}" if fits else more or "load the weights in 16 bits",
        likelihood=Likelihood.LIKELY,
        log="Worker was sent SIGKILL! Perhaps out of memory?",
        cause="target:memory",
    )
