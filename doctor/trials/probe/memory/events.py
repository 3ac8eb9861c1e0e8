"""What a program asks of the allocator, in order: recorded once, replayed for any capacity and settings."""

from __future__ import annotations

from typing import Any, NamedTuple

from doctor.trials.probe.memory.allocator import Block, CachingAllocator, OutOfMemory
from doctor.trials.probe.memory.expandable import Expandable
from doctor.trials.probe.memory.settings import DEFAULT, Settings

MALLOC, FREE, EMPTY, MARK = range(4)


class Label(NamedTuple):
    """
    Who asked for memory.

    Args:
        operator: "aten.mm", "weights", "inputs", "cuBLAS workspace".
        module: path of the module that called it: "encoder.layer.3.attention"; "" outside of all.
        exact: whether the operator's use of memory is known.
    """

    operator: str
    module: str = ""
    exact: bool = True


class Replayed(NamedTuple):
    """
    What became of a recording.

    Args:
        marks: (allocated, reserved) at each mark.
        peak_allocated, peak_reserved: since the mark "loaded", or from the beginning.
        load_reserved: the most before that mark.
        held: bytes at the moment of peak_allocated by label.
        out_of_memory: the request that was refused, in bytes; 0 where none was.
    """

    marks: dict[str, tuple[int, int]]
    peak_allocated: int
    peak_reserved: int
    load_reserved: int
    held: dict[Label, int]
    out_of_memory: int = 0


class Events:
    """A recording."""

    def __init__(self) -> None:
        self._events: list[tuple[int, Any, int, Label | None]] = []
        self._count = 0

    def malloc(self, size: int, label: Label) -> int:
        """Record a request; return its number."""
        self._count += 1
        self._events.append((MALLOC, self._count, size, label))
        return self._count

    def free(self, number: int) -> None:
        """Record that a request's memory is given back."""
        self._events.append((FREE, number, 0, None))

    def empty_cache(self) -> None:
        """Record torch.cuda.empty_cache."""
        self._events.append((EMPTY, 0, 0, None))

    def mark(self, name: str) -> None:
        """Record a moment; the mark "loaded" begins the peaks anew."""
        self._events.append((MARK, name, 0, None))

    @property
    def length(self) -> int:
        """How many there are."""
        return len(self._events)

    def repeat(self, begin: int) -> None:
        """
        Record what came since an earlier length once more, as a program does that is called again.

        What it kept (a library's workspace, a cache) it has already; what it gave back of before is gone already.
        """
        again: dict[int, int] = {}
        passed = self._events[begin:]
        given_back = {number for kind, number, _, _ in passed if kind == FREE}
        for kind, number, size, label in passed:
            if kind == MALLOC and label is not None and number in given_back:
                again[number] = self.malloc(size, label)
            elif kind == FREE and number in again:
                self.free(again[number])
            elif kind == EMPTY:
                self.empty_cache()

    def requests(self) -> list[tuple[bool, int, str]]:
        """Return requests and what is given back, in order: (whether asked for, bytes, operator)."""
        sizes: dict[int, tuple[int, str]] = {}
        found = []
        for kind, number, size, label in self._events:
            if kind == MALLOC and label is not None:
                sizes[number] = (size, label.operator)
                found.append((True, size, label.operator))
            elif kind == FREE:
                found.append((False, *sizes[number]))
        return found

    def replay(self, capacity: int = 0, settings: Settings = DEFAULT) -> Replayed:
        """Return what becomes of it on a device with so many bytes (0: more than enough)."""
        kind = Expandable if settings.expandable else CachingAllocator
        run = _Run(kind(capacity or 1 << 62, settings))
        refused = 0
        for at, event in enumerate(self._events):
            try:
                run.step(at, event)
            except OutOfMemory as error:
                refused = error.size
                break
        allocator = run.allocator
        held = self._held(run.peak_at)
        peaks = allocator.peak_allocated, allocator.peak_reserved, run.load_reserved
        return Replayed(run.marks, *peaks, held, refused)

    def _held(self, last: int) -> dict[Label, int]:
        """Return bytes by label of what is there after an event."""
        live: dict[int, tuple[int, Label]] = {}
        for kind, number, size, label in self._events[: last + 1]:
            if kind == MALLOC and label is not None:
                live[number] = (DEFAULT.rounded(size) if size else 0, label)
            elif kind == FREE:
                live.pop(number, None)
        found: dict[Label, int] = {}
        for size, label in live.values():
            found[label] = found.get(label, 0) + size
        return found


class _Run:
    """One replay."""

    def __init__(self, allocator: CachingAllocator) -> None:
        self.allocator = allocator
        self.marks: dict[str, tuple[int, int]] = {}
        self.peak_at = 0
        self.load_reserved = 0
        self._peak = 0
        self._blocks: dict[int, Block | None] = {}

    def step(self, at: int, event: tuple[int, Any, int, Label | None]) -> None:
        kind, number, size, _ = event
        if kind == MALLOC:
            self._blocks[number] = self.allocator.malloc(size)
            if self.allocator.allocated > self._peak:
                self._peak, self.peak_at = self.allocator.allocated, at
        elif kind == FREE:
            self.allocator.free(self._blocks.pop(number))
        elif kind == EMPTY:
            self.allocator.empty_cache()
        else:
            self._marked(str(number), at)

    def _marked(self, name: str, at: int) -> None:
        self.marks[name] = (self.allocator.allocated, self.allocator.reserved)
        if name == "loaded":
            self.load_reserved = self.allocator.peak_reserved
            self.allocator.reset_peaks()
            self._peak, self.peak_at = self.allocator.allocated, at
