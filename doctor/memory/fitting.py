"""Needs held against instances: which have room, with how much to spare, and why the others haven't."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from doctor import facts
from doctor.memory.gpus import Gpu, of_hardware
from doctor.memory.values import Need, Place, Range, Term, Verdict, total

Wanted = Callable[[str, Mapping[str, Any]], bool]

HEADROOM = 0.05  # share of a memory below which what is left of it is no headroom
# The platform keeps a part of an instance's memory for itself and doesn't say how much; the kernel keeps some too.
_HOST_SHARE = (0.85, 0.93, 0.98)


class Held(NamedTuple):
    """
    One need held against one memory.

    Args:
        place: which memory.
        need: of one process.
        processes: that share it.
        room: bytes of it.
        verdict: what that comes to.
        certain: whether it is so at both ends of both ranges.
        once: what is needed once, however many processes there are: a server in front of them.
    """

    place: Place
    need: Need
    processes: int
    room: Range
    verdict: Verdict
    certain: bool
    once: tuple[Term, ...] = ()

    @property
    def size(self) -> Range:
        """Bytes of all its processes, and of what there is once."""
        return self.need.size.times(self.processes).plus(total(t.size for t in self.once))

    @property
    def share(self) -> float:
        """Expected share of the room that is taken; 1.0 is all of it."""
        return self.size.expected / self.room.expected if self.room.expected else 0.0


class Fit(NamedTuple):
    """
    One instance type.

    Args:
        instance: its name.
        gpu: its GPUs' kind, None without one.
        gpus: how many it has.
        held: what was held against its memories.
        verdict: the worst of them; UNKNOWN where a need or a memory isn't known.
        reasons: a sentence for each memory that isn't simply enough.
        most: the largest batch, or context, that fits: ``{"batch": 64}``; empty where nothing tells.
    """

    instance: str
    gpu: Gpu | None
    gpus: int
    held: tuple[Held, ...]
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    most: Mapping[str, int] = {}

    def at(self, place: Place) -> Held | None:
        """Return what was held against one of its memories."""
        return next((h for h in self.held if h.place is place), None)


def judged(size: Range, room: Range) -> tuple[Verdict, bool]:
    """
    Return whether bytes fit, and whether that is so at both ends of both ranges.

    They fit where even the most of them leaves headroom; they fit tightly where what is expected fits.
    """
    if size.expected > room.expected:
        return Verdict.DOES_NOT_FIT, size.low > room.high
    if size.high <= room.low * (1 - HEADROOM):
        return Verdict.FITS, True
    return Verdict.TIGHT, size.high <= room.low


def held(need: Need, processes: int, room: Range, once: tuple[Term, ...] = ()) -> Held:
    """Hold a need against a memory that several processes share; `once` comes on top of all of them."""
    found = Held(need.place, need, processes, room, Verdict.UNKNOWN, certain=False, once=once)
    verdict, certain = judged(found.size, room)
    return found._replace(verdict=verdict, certain=certain)


def host_room(memory_mib: int) -> Range:
    """Return what processes may have of an instance's memory."""
    return Range(*(int((memory_mib << 20) * share) for share in _HOST_SHARE))


_PLACES = {Place.GPU: "GPU memory", Place.HOST: "host memory", Place.DISK: "disk", Place.SHARED: "shared memory"}
_ORDER = (Verdict.DOES_NOT_FIT, Verdict.UNKNOWN, Verdict.TIGHT, Verdict.FITS)


def fit(instance: str, gpu: Gpu | None, gpus: int, found: list[Held], unknown: list[str]) -> Fit:
    """Put together what was held against an instance's memories; `unknown` says what couldn't be, a sentence each."""
    verdicts = [h.verdict for h in found] + ([Verdict.UNKNOWN] if unknown or not found else [])
    worst = min(verdicts, key=_ORDER.index)
    reasons = tuple(said for h in found if (said := reason(h))) + tuple(unknown)
    return Fit(instance, gpu, gpus, tuple(found), worst, reasons)


def reason(one: Held) -> str:
    """Say why a memory isn't simply enough; "" where it is."""
    if one.verdict is Verdict.FITS:
        return ""
    what = {Place.GPU: "GPU memory", Place.HOST: "host memory", Place.DISK: "disk", Place.SHARED: "shared memory"}[
        one.place
    ]
    each = f"{one.processes} processes need" if one.processes > 1 else "needs"
    size, room = one.size, one.room
    if one.verdict is Verdict.TIGHT:
        return f"{what}: {each} {amount(size.expected)} of {amount(room.expected)}, up to {amount(size.high)}"
    surely = "" if one.certain else " as expected"
    return f"{what}: {each} {amount(size.expected)}{surely}, has {amount(room.expected)}"


def amount(size: int) -> str:
    """Return bytes as GPUs' memory is written: "21.9 GiB", "320 MiB", "12 KiB"."""
    if 0 < size < 1 << 20:
        return f"{max(size >> 10, 1)} KiB"
    if size >= 10 << 30:
        return f"{size / (1 << 30):.1f} GiB"
    return f"{size / (1 << 30):.2f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"


def instances(
    wanted: Callable[[str, Mapping[str, Any]], bool] | None = None,
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield hosting's instance types with their hardware: those with GPUs by their memory, then by all of the rest."""
    rows = facts.load("instances")["instances"]
    chosen = [(name, row) for name, row in rows.items() if wanted is None or wanted(name, row)]
    yield from sorted(chosen, key=_size)


def _size(item: tuple[str, Mapping[str, Any]]) -> tuple[float, ...]:
    row = item[1]
    gpu = row.get("gpu") or {}
    each = gpu.get("memory_mib") or (1 << 40 if gpu else 0)  # nobody says: last
    return (each, gpu.get("count") or 0, row.get("memory_mib") or 0, row.get("vcpu") or 0)


def gpu_kinds() -> list[Gpu]:
    """Return each kind of GPU that hosting has, once."""
    found: dict[tuple[str, Range], Gpu] = {}
    for _, row in instances(lambda _name, row: "gpu" in row):
        gpu = of_hardware(row)
        if gpu is not None:
            found.setdefault((gpu.name, gpu.visible), gpu)
    return list(found.values())


def sum_of(needs: list[Need]) -> Range:
    """Return the bytes of several needs together."""
    return total(n.size for n in needs)
