"""How containers are locked down: what the model's code may use, and what it can't reach."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from doctor.trials.sandbox import volumes
from doctor.trials.sandbox.base import PROBE_DIR
from doctor.trials.values import MODEL_DIR, Limits

_SHARED_MEMORY = 64 << 20  # Docker's default, and the platform's


def host_config(
    client: Any,
    limits: Limits,
    mounts: Sequence[Any],
    *,
    root: Mapping[str, Any],
    capabilities: Sequence[str] = (),
    gpu: bool = False,
) -> Any:
    """
    Return the engine's settings for a container.

    Args:
        client: of the engine.
        limits: what it may use.
        mounts: of volumes.
        root: `read_only(limits, declared)` or `writable()`.
        capabilities: that it has; none is the rule.
        gpu: whether it sees the engine's GPUs.
    """
    from docker.types import DeviceRequest, LogConfig, Ulimit

    size = limits.temporary
    return client.create_host_config(
        cap_drop=["ALL"],
        cap_add=list(capabilities) or None,
        device_requests=[DeviceRequest(count=-1, capabilities=[["gpu"]])] if gpu else None,
        ipc_mode="private",
        log_config=LogConfig(type="none"),
        mem_limit=limits.memory,
        memswap_limit=limits.memory,
        mounts=list(mounts),
        nano_cpus=int(limits.cpus * 1e9),
        network_mode="none",
        pids_limit=limits.processes,
        security_opt=["no-new-privileges"],
        shm_size=min(_SHARED_MEMORY, size),
        ulimits=[
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="fsize", soft=size, hard=size),
        ],
        **root,
    )


def read_only(limits: Limits, declared: Sequence[str]) -> dict[str, Any]:
    """Return the settings of a root that can't be written to, but for /tmp and the volumes that the image declares."""
    options = f"rw,nosuid,nodev,exec,mode=1777,size={limits.temporary}"
    own = {place: options for place in declared if not place.startswith((MODEL_DIR, PROBE_DIR)) and place != "/"}
    return {"init": True, "read_only": True, "tmpfs": {**own, "/tmp": options}}  # noqa: S108 - in the container


def writable() -> dict[str, Any]:
    """Return the settings of a root as the platform's: what is written to it is watched by those who run it."""
    return {"init": True}


def bound(client: Any, limits: Limits) -> Limits:
    """Return limits that the engine's machine can keep: it refuses more cores than it has."""
    said = client.info()
    cores, memory = int(said.get("NCPU") or 0), int(said.get("MemTotal") or 0)
    cpus = min(limits.cpus, cores) if cores else limits.cpus
    most = memory - (memory >> 4) if memory else limits.memory
    return limits._replace(cpus=cpus, memory=min(limits.memory, most))


def variables(given: Mapping[str, str], *, gpu: bool) -> dict[str, str]:
    """Return the variables set beside the image's own; NVIDIA's runtime mounts the driver unless it is told not to."""
    return dict(given) if gpu else {**given, "NVIDIA_VISIBLE_DEVICES": "void"}


def mounts(model: str, probe: str) -> list[Any]:
    """Return the mounts of the model and of the probe, both read-only."""
    return [volumes.mounted(model, MODEL_DIR), volumes.mounted(probe, PROBE_DIR)]


def is_local(address: str) -> bool:
    """Say whether an engine is on this machine."""
    return address.startswith("unix://") and os.path.exists(address.removeprefix("unix://"))  # noqa: PTH110
