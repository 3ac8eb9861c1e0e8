"""How containers are locked down: what the model's code may use, and what it can't reach."""

from __future__ import annotations

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
        root: what `read_only` or `writable` return.
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


def read_only(limits: Limits, declared: Mapping[str, bool]) -> dict[str, Any]:
    """
    Return the settings of a root that can't be written to, but for /tmp.

    Args:
        limits: what may be written.
        declared: the volumes that the image declares, and whether the image has nothing there.
    """
    own = {place: _memory(limits) for place in _replaced(declared)}
    return {"read_only": True, "tmpfs": {**own, "/tmp": _memory(limits)}}  # noqa: S108 - in the container


def writable(limits: Limits, declared: Mapping[str, bool]) -> dict[str, Any]:
    """Return the settings of a root as the platform's: what is written to it is watched by those who run it."""
    return {"tmpfs": {place: _memory(limits) for place in _replaced(declared)}}


def _memory(limits: Limits) -> str:
    return f"rw,nosuid,nodev,exec,mode=1777,size={limits.temporary}"


def _replaced(declared: Mapping[str, bool]) -> list[str]:
    """The image's own volumes that are kept in memory: on the engine's disk nothing would bound them."""
    return [place for place, empty in declared.items() if empty and place.rstrip("/") not in {"", MODEL_DIR, PROBE_DIR}]


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
