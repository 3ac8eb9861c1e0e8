"""
Reads a pickle's opcodes without running any of them: what it names, what it would call, and the data it holds.

A stack machine over inert values (``doctor/formats/inert.py``). Long payloads pass without being kept; after `PLENTY`
bytes of opcodes only flat values are, so that memory stays bounded whatever the pickle's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.flat import FLAT
from doctor.formats.inert import LOST, Call, Skipped
from doctor.formats.instructions import TABLE
from doctor.formats.kinds.base import Symbol
from doctor.formats.machine import MARGIN, STOPPED, Hook, Machine, Raw
from doctor.formats.stream import Stream

WINDOW = 1 << 16  # bytes looked at in one piece
PLENTY = 4 << 20  # bytes of opcodes after which only flat values are kept
DEEPEST_STACK = 8 << 20
HEAD = 64  # bytes kept of what is skipped

_PADDING = bytes(MARGIN)
_FAULTS = (IndexError, KeyError, TypeError, ValueError, OverflowError, AttributeError)


class Scan(NamedTuple):
    """
    What the opcodes of one pickle tell.

    Args:
        protocol: as the pickle says; 0 where it doesn't (protocols 0 and 1).
        symbols: Python objects named, in the order of first mention, Python 2's names translated as pickle does.
        applied: those called, with the first call of each.
        value: what it builds, inert.
        complete: whether STOP was reached (False only where `partial` was asked for).
        unresolved: names that couldn't be resolved (extension codes, values no longer kept).
        truncated_at: byte at which it ended too early, -1 for a complete one.
    """

    protocol: int
    symbols: tuple[Symbol, ...]
    applied: Mapping[Symbol, Call]
    value: Any
    complete: bool = True
    unresolved: int = 0
    truncated_at: int = -1


def scan(
    stream: Stream,
    *,
    made: Hook | None = None,
    built: Hook | None = None,
    raw: Mapping[str, Raw] | None = None,
    head: int = HEAD,
    partial: bool = False,
) -> Scan:
    """
    Read one pickle up to and with its STOP, and leave the stream right behind it.

    Args:
        stream: at the pickle's first byte.
        made: told of each call (REDUCE, NEWOBJ, OBJ, INST), before it gets any state.
        built: told of each call that has got its state (BUILD).
        raw: by class name, what to call right after BUILD of an object of such a class, with the call and the stream
            at the byte behind the opcode: it consumes bytes that are no opcodes (joblib's arrays) and returns the
            value.
        head: bytes kept of each payload that is skipped.
        partial: return what was found where the pickle ends before its STOP, instead of raising.

    Raises:
        Unreadable: these bytes are no sound pickle; EndsEarly where there are too few of them.
    """
    machine = Machine(made, built, raw or {}, head, (TABLE, FLAT))
    try:
        return _scan_of(machine, _run(machine, stream), -1)
    except _Ended as ended:
        if not partial:
            raise EndsEarly(f"ends at byte {ended.offset} before the pickle does") from None
        return _scan_of(machine, LOST, ended.offset)


def _scan_of(machine: Machine, value: Any, ended: int) -> Scan:
    symbols = tuple(dict.fromkeys(machine.symbols.values()))
    return Scan(machine.protocol, symbols, machine.applied, value, ended < 0, machine.unresolved, ended)


class _Ended(Exception):
    """The bytes end before STOP."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def _run(machine: Machine, stream: Stream) -> Any:
    while True:
        data = stream.peek(WINDOW)
        here = len(data)
        last = here < WINDOW
        at, pause = machine.execute(data + _PADDING if last else data, here if last else here - MARGIN, _FAULTS)
        if isinstance(pause, Exception):
            _refuse(pause, stream.offset + at, ended=last and at > here - 10)
        if last and (at > here or pause is None):
            raise _Ended(stream.offset + here)
        if pause is None and at == 0:
            raise Unreadable(f"a line without an end at byte {stream.offset}")
        beyond = at > here and bool(machine.stack) and isinstance(machine.stack[-1], Skipped)
        _pass_over(stream, at - machine.head if beyond else at)
        if beyond:
            machine.stack[-1] = machine.stack[-1]._replace(tail=_last(stream, machine.head))
        _mind(machine, min(at, here))
        if pause is STOPPED:
            return machine.stack.pop() if machine.stack else LOST
        if callable(pause):
            machine.stack[-1] = pause(machine.stack[-1], stream)


def _refuse(fault: Exception, offset: int, *, ended: bool) -> None:
    if ended:
        raise _Ended(offset) from None
    raise Unreadable(f"no sound pickle at byte {offset}: {fault}") from None


def _pass_over(stream: Stream, count: int) -> None:
    try:
        stream.skip(count)
    except EndsEarly:
        raise _Ended(stream.offset if stream.size is None else stream.size) from None


def _last(stream: Stream, count: int) -> bytes:
    """Return the end of a payload that passes."""
    try:
        return stream.read(count)
    except EndsEarly:
        raise _Ended(stream.offset if stream.size is None else stream.size) from None


def _mind(machine: Machine, count: int) -> None:
    """Keep memory bounded: less is kept once there is plenty, and a stack beyond all measure is refused."""
    machine.spent += count
    if machine.spent > PLENTY and not machine.flat:
        machine.flatten()
    if len(machine.stack) + len(machine.marks) > DEEPEST_STACK:
        raise Unreadable(f"holds more than {DEEPEST_STACK} values at once")
