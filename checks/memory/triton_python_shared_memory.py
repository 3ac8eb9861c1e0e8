"""Check: instances of Triton's Python models ask for more shared memory than the container has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.triton import loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target
    from doctor.triton import TritonModel

_SIZE = "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE"
_MORE = "SAGEMAKER_TRITON_ADDITIONAL_ARGS"


@check(
    title="Triton's Python models ask for more shared memory than there is",
    fault="host-memory-or-disk",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-python-sdk/issues/2801",
    symptoms=(
        r"Unable to initialize shared memory key '\S+' to requested size",
        r"Failed to increase the shared memory pool size",
    ),
)
def triton_python_shared_memory(
    artifact: Artifact, models: Models, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Each instance of a Python model takes its part of /dev/shm when it starts: 16 MiB, unless a variable says otherwise.

    A container has 64 MB of it, and an endpoint has no setting for more. Start fewer instances (instance_group), or
    give each less: SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE.
    """
    if stack != "triton" or "config.pbtxt" in artifact or not target.instance:
        return
    counted = {m.folder: _instances(m, target) for m in loaded(artifact, models, target) if m.backend == "python"}
    total, facts = sum(counted.values()), load("triton")["shared_memory"]
    said = target.variables.get(_SIZE, str(facts["each"]))
    if not said.isdigit():
        return
    size, room = int(said), int(facts["container"])
    if total * size <= room:
        return
    if "shm-default-byte-size" in target.variables.get(_MORE, ""):
        yield Unknown(f"{_MORE} says how much shared memory each instance takes")
        return
    mib = 1 << 20
    whole = f"{total * size // mib} MiB in all, and a container has {room // mib}"
    yield Finding(
        message=f"{total} instances of Python models take {size // mib} MiB of /dev/shm each, {whole}",
        evidence=(
            *(Evidence(f"artifact:{name}/config.pbtxt", f"{count} instances") for name, count in counted.items()),
            Evidence(f"target:env/{_SIZE}", target.variables.get(_SIZE) or f"not set: {facts['each']}"),
            target.evidence(),
        ),
        fix=f"--env {_SIZE}={room // total // mib * mib}" if room // total >= mib else "start fewer instances",
        likelihood=Likelihood.LIKELY,
        log=f"Unable to initialize shared memory key 'triton_python_backend_shm_region_…' to requested size ({size} "
        "bytes). If you are running Triton inside docker, use '--shm-size' flag to control the shared memory region "
        "size.",
        cause="target:shm",
    )


def _instances(model: TritonModel, target: Target) -> int:
    """Return how many instances of a model are started at least."""
    groups = model.config.instance_groups if model.config else ()
    gpus = int(target.hardware["gpu"]["count"]) if target.gpu else 1
    each = [max(g.instances, 1) * (len(g.gpus) or gpus if g.kind == "KIND_GPU" else 1) for g in groups]
    return sum(each) or 1
