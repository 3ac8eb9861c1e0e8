"""What an endpoint on one instance needs beside GPU and host memory: disk, shared memory, and time until it serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from doctor.memory import disk, fitting, host_libraries
from doctor.memory.estimate import Waiting
from doctor.memory.values import Range
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.memory.estimating import Deployment, Memory
    from doctor.memory.fitting import Fit, Held


def with_disk(fit: Fit, deployment: Deployment) -> Fit:
    """Return what was found for the endpoint's instance with its disk and its shared memory, where they are known."""
    more = tuple(_held(deployment))
    unknown = [reason for reason in fit.reasons if not any(reason == fitting.reason(h) for h in fit.held)]
    made = fitting.fit(fit.instance, fit.gpu, fit.gpus, [*fit.held, *more], unknown)
    return made._replace(most=fit.most)


def _held(deployment: Deployment) -> Iterator[Held]:
    with suppress(Unknown):
        artifact, target = deployment.part("artifact"), deployment.part("target")
        yield fitting.held(disk.on_disk(artifact, _stack(deployment)), 1, Range.exactly(disk.room(target)))
    with suppress(Unknown):
        shared = disk.shared(deployment.part("handler"))
        if shared.size.high:
            yield fitting.held(shared, 1, Range.exactly(disk.shared_room()))


def waiting(deployment: Deployment, memory: Memory) -> Waiting | None:
    """Return how long it takes until the model serves, beside what the platform waits; None where nothing tells."""
    with suppress(Unknown):
        models, handler, stack = memory.subject.models, memory.subject.handler, _stack(deployment)
        files = disk.loaded_files(models, handler)
        libraries, _ = host_libraries.used(files, handler, stack)
        times = disk.times(deployment.part("artifact"), files, libraries, stack)
        steps = {name: tuple(round(s, 1) for s in getattr(times, name)) for name in times._fields}
        return Waiting(steps, _timeout(deployment, "download_timeout"), _timeout(deployment, "startup_timeout"))
    return None


def _timeout(deployment: Deployment, name: str) -> int:
    try:
        return int(getattr(deployment.part("target"), name))
    except Unknown:
        return 0


def _stack(deployment: Deployment) -> str:
    try:
        return str(deployment.part("stack"))
    except Unknown:
        return ""
