"""GPUs of hosting instances: what CUDA sees of their memory, what its context takes, and what decides on the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from doctor import facts
from doctor.memory.values import Range, Term, Tier


class Gpu(NamedTuple):
    """
    One kind of GPU.

    Args:
        name: "A10G".
        capability: compute capability, (8, 6); () where nobody says.
        sms: its multiprocessors; 0 where nobody says.
        visible: bytes that CUDA sees in all.
        context: bytes that one process takes of it before anything else.
        known: whether both were seen on such a GPU, else they are bounded by those of others.
    """

    name: str
    capability: tuple[int, ...]
    sms: int
    visible: Range
    context: Range
    known: bool

    @property
    def context_term(self) -> Term:
        """What CUDA itself takes in each process, as a term."""
        how = f"seen on {self.name} GPUs" if self.known else f"not seen on {self.name} GPUs: bounds of others"
        return Term("CUDA context", self.context, how, Tier.TABLES)

    def asked(self) -> Mapping[str, Any]:
        """Return it as the probe is told of it."""
        major, minor = self.capability or (8, 0)
        return {
            "name": self.name,
            "capability": [major, minor],
            "sms": self.sms or 108,
            "memory": self.visible.expected,
        }


def of_hardware(hardware: Mapping[str, Any]) -> Gpu | None:
    """Return the GPU of an instance (its row in ``doctor/facts/instances.json``), None where it has none."""
    gpu = hardware.get("gpu")
    return gpu_of(str(gpu["name"]), gpu.get("memory_mib")) if gpu else None


def gpu_of(name: str, memory_mib: int | None) -> Gpu | None:
    """
    Return a kind of GPU.

    Args:
        name: as EC2 gives it, "A10G".
        memory_mib: as EC2 gives it: there are several A100.

    None where nobody says how much memory it has.
    """
    table = facts.load("gpu_memory")
    rows = [row for row in table["gpus"] if row["name"] == name]
    row = next((r for r in rows if r["memory_mib"] == memory_mib), rows[0] if rows else {})
    visible = _visible(row, memory_mib, table["unknown"]["visible_share"])
    if visible is None:
        return None
    capability = facts.load("gpus")["capability"].get(name, "")
    return Gpu(
        name,
        tuple(int(n) for n in capability.split(".") if n),
        int(row.get("sms") or 0),
        visible,
        Range(*(n << 20 for n in row.get("context_mib") or table["unknown"]["context_mib"])),
        "visible_mib" in row and "context_mib" in row,
    )


def _visible(row: Mapping[str, Any], memory_mib: int | None, shares: list[float]) -> Range | None:
    """What CUDA sees: as seen, else a share of what NVML gives, else of what EC2 says."""
    if seen := row.get("visible_mib"):
        return Range(seen[0] << 20, (seen[0] + seen[1]) << 19, seen[1] << 20)
    whole = row.get("smi_mib") or row.get("memory_mib") or memory_mib
    if not whole:
        return None
    return Range(*(int(whole * share) << 20 for share in shares))


def on_device(name: str, capability: tuple[int, ...], total: int) -> Gpu:
    """
    Return a GPU that is at hand.

    Args:
        name: as its driver gives it: "NVIDIA A10G", "Tesla T4", "NVIDIA A100-SXM4-40GB".
        capability: likewise, () where it doesn't say.
        total: bytes of its memory, likewise.
    """
    table, mib = facts.load("gpu_memory"), total >> 20
    words = set(name.replace("-", " ").split())
    rows: list[Mapping[str, Any]] = [row for row in table["gpus"] if set(row["name"].split()) <= words]
    if not rows:
        visible = Range(*(int(mib * share) << 20 for share in table["unknown"]["visible_share"]))
        context = Range(*(n << 20 for n in table["unknown"]["context_mib"]))
        return Gpu(name, capability, 0, visible, context, known=False)
    row = min(rows, key=lambda r: abs((r.get("smi_mib") or r["memory_mib"] or 0) - mib))
    known = gpu_of(str(row["name"]), row["memory_mib"] or mib)
    assert known is not None  # noqa: S101 - it has a memory
    return known._replace(capability=capability or known.capability)
