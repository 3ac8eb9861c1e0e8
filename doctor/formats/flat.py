"""The opcodes that differ once a pickle is too large to keep: flat values in containers, names in the memo."""

from __future__ import annotations

from typing import Any

from doctor.formats.inert import LOST, Call
from doctor.formats.instructions import SAID, U4, enter, pop_mark, shallow, tuple_of, unknown
from doctor.formats.kinds.base import Symbol
from doctor.formats.machine import Machine, Opcode, Table

MOST_ENTRIES = 1000  # of one dict
MOST_REMEMBERED = 500_000


def _remember(machine: Machine, index: int) -> None:
    value = machine.stack[-1]
    kind = type(value)
    small = kind is Symbol or (kind is str and len(value) <= 256) or kind is dict or (kind is Call and not value.state)
    if small and len(machine.memo) < MOST_REMEMBERED:
        machine.memo[index] = value if kind is not dict else LOST


def _memoize(machine: Machine, data: bytes, at: int) -> int:
    index = len(machine.memo) + machine.unkept
    _remember(machine, index)
    if index not in machine.memo:
        machine.unkept += 1
    return at


def _binput(machine: Machine, data: bytes, at: int) -> int:
    _remember(machine, data[at])
    return at + 1


def _long_binput(machine: Machine, data: bytes, at: int) -> int:
    _remember(machine, U4.unpack_from(data, at)[0])
    return at + 4


def _append(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.pop()
    return at


def _setitem(machine: Machine, data: bytes, at: int) -> int:
    value = machine.stack.pop()
    key = machine.stack.pop()
    _put_in(machine.stack[-1], [key, value])
    return at


def _setitems(machine: Machine, data: bytes, at: int) -> int:
    values = machine.since_mark()
    _put_in(machine.stack[-1], values)
    return at


def _put_in(target: Any, values: list[Any]) -> None:
    if type(target) is dict and len(target) < MOST_ENTRIES:
        enter(target, [shallow(v) for v in values[: 2 * MOST_ENTRIES]])


def _tuple(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(shallow(tuple(machine.since_mark())))
    return at


def _tuple_of(count: int) -> Opcode:
    whole = tuple_of(count)

    def push(machine: Machine, data: bytes, at: int) -> int:
        whole(machine, data, at)
        machine.stack[-1] = shallow(machine.stack[-1])
        return at

    return push


def _reduce(machine: Machine, data: bytes, at: int) -> int:
    args = machine.stack.pop()
    machine.stack[-1] = machine.call(shallow(machine.stack[-1]), shallow(args))
    return at


def _list(machine: Machine, data: bytes, at: int) -> int:
    machine.since_mark()
    machine.stack.append([])
    return at


_FLAT: dict[int, Opcode] = {
    **SAID, 0x61: _append, 0x65: pop_mark, 0x90: pop_mark, 0x73: _setitem, 0x75: _setitems,
    0x94: _memoize, 0x71: _binput, 0x72: _long_binput, 0x74: _tuple, 0x6C: _list,
    0x85: _tuple_of(1), 0x86: _tuple_of(2), 0x87: _tuple_of(3), 0x52: _reduce, 0x81: _reduce,
}  # fmt: skip
FLAT: Table = tuple(_FLAT.get(byte, unknown) for byte in range(256))
