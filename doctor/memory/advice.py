"""The next instance that has room, by its name."""

from __future__ import annotations

from doctor.memory.fitting import HEADROOM, amount, instances
from doctor.memory.gpus import of_hardware


def larger(need: int, gpus: int = 1) -> str:
    """
    Return a sentence with the smallest instance whose GPUs have room, "" where none has.

    Args:
        need: bytes on one GPU.
        gpus: over how many the model is divided: as many or more of them are wanted.
    """
    for name, hardware in instances(lambda _name, row: "gpu" in row and not _retired(_name)):
        gpu = of_hardware(hardware)
        if gpu is None or int(hardware["gpu"]["count"]) < gpus:
            continue
        if need <= gpu.visible.low * (1 - HEADROOM):
            return f"--instance-type {name}: its {gpu.name} has {amount(gpu.visible.expected)}"
    return ""


def _retired(name: str) -> bool:
    """Say whether new endpoints hardly get such an instance."""
    return name.startswith(("ml.p2.", "ml.p3."))
