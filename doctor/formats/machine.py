"""The stack machine behind ``doctor/formats/opcodes.py``: its state, and what instructions do to it in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from doctor.formats.inert import LOST, Call
from doctor.formats.kinds.base import Symbol
from doctor.formats.stream import Stream

MARGIN = 512  # bytes that a window has behind the start of an opcode: the longest of the short ones fits
STOPPED = object()
MOST_SYMBOLS = 100_000

Hook = Callable[[Call], None]
Raw = Callable[[Call, Stream], Any]
Opcode = Callable[["Machine", bytes, int], int]
Table = tuple[Opcode, ...]


class Pause(Exception):
    """
    The machine can't go on in this window.

    ``what`` is `STOPPED`, None where the opcode at ``at`` needs more of a window, or what consumes raw bytes.
    """

    def __init__(self, at: int, what: Any) -> None:
        super().__init__(at)
        self.at = at
        self.what = what


class Machine:
    """The unpickler's state: a stack, its marks and the memo, and what is noted on the way."""

    __slots__ = (
        "applied",
        "boosters",
        "built",
        "flat",
        "flat_table",
        "head",
        "made",
        "marks",
        "memo",
        "protocol",
        "raw",
        "spent",
        "stack",
        "symbols",
        "table",
        "unkept",
        "unresolved",
    )  # fmt: skip

    def __init__(
        self, made: Hook | None, built: Hook | None, raw: Mapping[str, Raw], head: int, tables: tuple[Table, Table]
    ) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.unkept = 0  # memo entries that were only counted
        self.protocol = 0
        self.symbols: dict[tuple[str, str], Symbol] = {}
        self.applied: dict[Symbol, Call] = {}
        self.unresolved = 0
        self.made = made
        self.built = built
        self.raw = raw
        self.head = head
        self.flat = False
        self.spent = 0  # bytes of opcodes so far
        self.boosters = 0  # payloads so far of which more than the beginning was kept
        self.table, self.flat_table = tables

    def execute(self, data: bytes, safe: int, faults: tuple[type[Exception], ...]) -> tuple[int, Any]:
        """Execute the opcodes that begin before `safe`; return where it stopped, and why (None: at the end)."""
        at = 0
        table = self.table
        try:
            while at < safe:
                at = table[data[at]](self, data, at + 1)
        except Pause as pause:
            return pause.at, pause.what
        except faults as fault:
            return at, fault
        return at, None

    def flatten(self) -> None:
        """From now on keep flat values only."""
        self.flat = True
        self.table = self.flat_table

    def name(self, module: Any, name: Any) -> Any:
        """Return the symbol that an opcode names."""
        if type(module) is not str or type(name) is not str:
            self.unresolved += 1
            return LOST
        known = self.symbols.get((module, name))
        if known is None:
            if len(self.symbols) >= MOST_SYMBOLS:
                raise ValueError(f"more than {MOST_SYMBOLS} names")
            known = _translated(module, name) if self.protocol < 3 else Symbol(module, name)
            self.symbols[module, name] = known
        return known

    def since_mark(self) -> list[Any]:
        """Pop and return the values above the last mark."""
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def call(self, function: Any, args: Any, named: Any = None) -> Call:
        """Note a call and return it."""
        call = Call(function, args, named)
        if type(function) is Symbol and function not in self.applied:
            self.applied[function] = call
        if self.made:
            self.made(call)
        return call


def _translated(module: str, name: str) -> Symbol:
    """Return what Python 3 looks up for a name in a pickle of protocol 2 or less."""
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

    if (module, name) in NAME_MAPPING:
        return Symbol(*NAME_MAPPING[module, name])
    return Symbol(IMPORT_MAPPING.get(module, module), name)
