"""The next instance that has room, by its name: on its GPUs, or on its host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doctor.memory.fitting import HEADROOM, amount, host_room, instances
from doctor.memory.gpus import of_hardware


def larger(need: int, gpus: int = 1) -> str:
    """
    Return a sentence with the smallest instance whose GPUs have room, "" where none has.

    The newest GPUs, which only the newest builds of the frameworks know, are named where no other is large enough.

    Args:
        need: bytes on one GPU.
        gpus: over how many the model is divided: as many or more of them are wanted.
    """
    return _smallest(need, gpus, (9, 0)) or _smallest(need, gpus, (99, 0))


def with_memory(need: int, hardware: Mapping[str, Any]) -> str:
    """
    Return the smallest instance whose host has room, "" where none has.

    Args:
        need: bytes of the host's memory.
        hardware: of the instance that hasn't: another with the same GPUs is named, or another without any.
    """
    gpu = hardware.get("gpu") or {}
    alike = [
        (row["memory_mib"], row["vcpu"], name)
        for name, row in instances()
        if (row.get("gpu") or {}).get("name") == gpu.get("name")
        and (row.get("gpu") or {}).get("count", 0) >= gpu.get("count", 0)
        and row["arch"] == hardware.get("arch", "x86_64")
        and not row.get("accelerator")
        and host_room(int(row["memory_mib"] or 0)).low >= need
    ]
    return "--instance-type {2}: it has {0:,} MiB of memory".format(*min(alike)) if alike else ""


def _smallest(need: int, gpus: int, newest: tuple[int, ...]) -> str:
    found: list[tuple[int, int, int, str, str]] = []
    for name, hardware in instances(lambda name, row: "gpu" in row and not is_retired(name)):
        gpu, count = of_hardware(hardware), int(hardware["gpu"]["count"])
        if gpu is None or gpu.capability > newest or count < gpus:
            continue
        if need <= gpu.visible.low * (1 - HEADROOM):
            size = gpu.visible.expected
            found.append((count, size, hardware["memory_mib"], name, f"its {gpu.name} has {amount(size)}"))
    return "--instance-type {3}: {4}".format(*min(found)) if found else ""


def is_retired(name: str) -> bool:
    """Say whether new endpoints hardly get such an instance."""
    return name.startswith(("ml.p2.", "ml.p3."))
