"""Check: a multi-model endpoint can't keep all its models in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet
    from doctor.target import Target


@check(
    title="The endpoint can't keep all its models in memory at one time",
    fault="host-memory-or-disk",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-caching.html",
    symptoms=(r'"POST /models HTTP/1\.1" 507',),
)
def models_not_all_in_memory(fleet: Fleet, target: Target) -> Iterator[Finding]:
    """
    A multi-model endpoint loads a model when it is first asked for, and unloads others where memory runs out.

    It works, but each request for a model that was unloaded waits until it is fetched and loaded again. What a trial of
    loading each model measured counts; without one, the bytes of their weights, and the libraries come on top. Take an
    instance with more memory, or more instances. This is asked where several artifacts are given.
    """
    from doctor.fleetmemory import evidence, fitting, gigabytes, needs

    if not target.is_a("multi-model"):
        return
    found = needs(fleet)
    room = target.gpu_memory if target.gpu else target.memory
    total = sum(n.size for n in found)
    if not found or total <= room:
        return
    where = "its GPU has" if target.gpu else "it has"
    least = "" if all(n.measured for n in found) else "at least "
    yield Finding(
        message=f"the {len(found)} models take {least}{gigabytes(total)} together, and {target.name}: {where} "
        f"{gigabytes(room)}: not more than {fitting(found, room)} of them are loaded at one time",
        evidence=(*evidence(found), target.evidence()),
        fix="an instance with more memory, or more instances, where waiting for a model to load again is too slow",
        cause="target:gpu-memory" if target.gpu else "target:memory",
    )
