"""Check: models that are all loaded at one time are larger than the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet
    from doctor.target import Target

_ALL_AT_ONCE = ("realtime", "async")


@check(
    title="Models that are all loaded at one time are larger than the instance's memory",
    fault="host-memory-or-disk",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/multi-container-endpoints.html",
    symptoms=(
        r"Out of memory: Killed process",
        r"DefaultCPUAllocator: can't allocate memory",
        r"MemoryError",
    ),
)
def models_over_memory_together(fleet: Fleet, target: Target) -> Iterator[Finding]:
    """
    Where the endpoint isn't a multi-model one, each model has a container or a copy of its own, and all stay loaded.

    Nothing is unloaded when memory runs out: a process is killed. What a trial of loading each model measured counts;
    without one, the bytes of their weights, and the libraries come on top. Take an instance with more memory, or a
    multi-model endpoint, which loads models as they are asked for. This is asked where several artifacts are given.
    """
    from doctor.fleetmemory import evidence, gigabytes, needs

    if target.endpoint not in _ALL_AT_ONCE or target.gpu:
        return
    found = needs(fleet)
    total = sum(n.size for n in found)
    if len(found) < 2 or total <= target.memory:
        return
    yield Finding(
        message=f"{len(found)} models take {gigabytes(total)} together, and {target.name} has "
        f"{gigabytes(target.memory)} of memory",
        evidence=(*evidence(found), target.evidence()),
        fix=f"an instance with more than {gigabytes(total)} of memory, or --endpoint multi-model, which unloads models",
        likelihood=Likelihood.LIKELY,
        log="RuntimeError: [enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory",
        cause="target:memory",
    )
