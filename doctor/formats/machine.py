"""The stack machine behind ``doctor/formats/opcodes.py``: one function an opcode, each returning where the next begins."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from struct import Struct
from typing import Any

from doctor.formats.inert import BYTEARRAY, FROZENSET, LOST, SET, Boxed, Call, Persistent, Skipped
from doctor.formats.kinds.base import Symbol
from doctor.formats.stream import Stream

MARGIN = 512  # bytes that a window has behind the start of an opcode: the longest of the short ones fits
STOPPED = object()
MOST_SYMBOLS = 100_000
LONGEST_NUMBER = 4000  # digits: Python itself refuses more in text
KEPT_TEXT = 4096  # longer text is skipped
KEPT_BYTES = 1024  # longer bytes are skipped

Hook = Callable[[Call], None]
Raw = Callable[[Call, Stream], Any]
Opcode = Callable[["Machine", bytes, int], int]

_SCALARS = frozenset({type(None), bool, int, float, str, bytes, Symbol, Skipped, type(LOST)})
_KEYS = frozenset({type(None), bool, int, float, str, bytes, Symbol})
_DTYPE = Symbol("numpy", "dtype")
_U4, _U8, _I4, _F8 = Struct("<I"), Struct("<Q"), Struct("<i"), Struct(">d")


class _Pause(Exception):
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
        "applied", "built", "flat", "head", "made", "marks", "memo", "protocol", "raw", "spent", "stack", "symbols",
        "table", "unkept", "unresolved",
    )  # fmt: skip

    def __init__(self, made: Hook | None, built: Hook | None, raw: Mapping[str, Raw], head: int) -> None:
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
        self.table: list[Opcode] = _TABLE

    def execute(self, data: bytes, safe: int, faults: tuple[type[Exception], ...]) -> tuple[int, Any]:
        """Execute the opcodes that begin before `safe`; return where it stopped, and why (None: at the end)."""
        at = 0
        table = self.table
        try:
            while at < safe:
                at = table[data[at]](self, data, at + 1)
        except _Pause as pause:
            return pause.at, pause.what
        except faults as fault:
            return at, fault
        return at, None

    def flatten(self) -> None:
        """From now on keep flat values only."""
        self.flat = True
        self.table = _FLAT_TABLE

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
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING  # noqa: PLC0415 - newer pickles don't need it

    if (module, name) in NAME_MAPPING:
        return Symbol(*NAME_MAPPING[module, name])
    return Symbol(IMPORT_MAPPING.get(module, module), name)


# Opcodes. Each is called with the position behind its own byte.


def _unknown(machine: Machine, data: bytes, at: int) -> int:
    raise ValueError(f"no opcode 0x{data[at - 1]:02x}")


def _proto(machine: Machine, data: bytes, at: int) -> int:
    machine.protocol = data[at]
    return at + 1


def _frame(machine: Machine, data: bytes, at: int) -> int:
    return at + 8


def _stop(machine: Machine, data: bytes, at: int) -> int:
    raise _Pause(at, STOPPED)


def _mark(machine: Machine, data: bytes, at: int) -> int:
    machine.marks.append(len(machine.stack))
    return at


def _pop(machine: Machine, data: bytes, at: int) -> int:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.stack.pop()
    return at


def _pop_mark(machine: Machine, data: bytes, at: int) -> int:
    machine.since_mark()
    return at


def _dup(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(machine.stack[-1])
    return at


def _constant(value: Any) -> Opcode:
    def push(machine: Machine, data: bytes, at: int) -> int:
        machine.stack.append(value)
        return at

    return push


# Numbers.


def _binint(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(_I4.unpack_from(data, at)[0])
    return at + 4


def _binint1(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(data[at])
    return at + 1


def _binint2(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(data[at] | data[at + 1] << 8)
    return at + 2


def _long1(machine: Machine, data: bytes, at: int) -> int:
    end = at + 1 + data[at]
    machine.stack.append(int.from_bytes(data[at + 1 : end], "little", signed=True))
    return end


def _binfloat(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(_F8.unpack_from(data, at)[0])
    return at + 8


def _line(data: bytes, at: int, opcode: int) -> tuple[bytes, int]:
    """Return the rest of a line of an opcode, and where the next begins."""
    end = data.find(b"\n", at)
    if end < 0:
        raise _Pause(opcode, None)
    return data[at:end], end + 1


def _int(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    number = line.strip().rstrip(b"L")
    if line in {b"00", b"01"}:
        machine.stack.append(line == b"01")
    else:
        machine.stack.append(int(number) if len(number) < LONGEST_NUMBER else LOST)
    return end


def _float(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    machine.stack.append(float(line))
    return end


# Text and bytes.


def _string(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    text = line.strip()
    if len(text) < 2 or text[:1] not in {b"'", b'"'} or text[-1:] != text[:1]:
        raise ValueError("a STRING without quotes")
    value = codecs.escape_decode(text[1:-1])[0]  # type: ignore[attr-defined]
    machine.stack.append(value.decode("latin-1"))
    return end


def _unicode(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    machine.stack.append(line.decode("raw-unicode-escape"))
    return end


def _short_text(machine: Machine, data: bytes, at: int) -> int:
    end = at + 1 + data[at]
    machine.stack.append(data[at + 1 : end].decode("utf-8", "surrogatepass"))
    return end


def _short_string(machine: Machine, data: bytes, at: int) -> int:
    end = at + 1 + data[at]
    machine.stack.append(data[at + 1 : end].decode("latin-1"))  # Python 2's str: text where it is a name
    return end


def _short_bytes(machine: Machine, data: bytes, at: int) -> int:
    end = at + 1 + data[at]
    machine.stack.append(data[at + 1 : end])
    return end


def _long_payload(size: Struct, kept: int, wrap: Callable[[bytes], Any]) -> Opcode:
    """Return the opcode of a value behind its length: kept where it is short, skipped where it is long."""

    def push(machine: Machine, data: bytes, at: int) -> int:
        start = at + size.size
        count = size.unpack_from(data, at)[0]
        end = start + count
        if count > kept:
            head = data[start : min(end, start + machine.head)]
            machine.stack.append(Skipped(count, head))
            machine.spent -= count
            return end  # type: ignore[no-any-return]
        if end > len(data):
            raise _Pause(at - 1, None)
        machine.stack.append(wrap(data[start:end]))
        return end  # type: ignore[no-any-return]

    return push


# Names and calls.


def _global(machine: Machine, data: bytes, at: int) -> int:
    module, then = _line(data, at, at - 1)
    name, end = _line(data, then, at - 1)
    machine.stack.append(machine.name(module.decode(), name.decode()))
    return end


def _stack_global(machine: Machine, data: bytes, at: int) -> int:
    name = machine.stack.pop()
    machine.stack[-1] = machine.name(machine.stack[-1], name)
    return at


def _extension(width: int) -> Opcode:
    def push(machine: Machine, data: bytes, at: int) -> int:
        machine.unresolved += 1
        machine.stack.append(LOST)
        return at + width

    return push


def _reduce(machine: Machine, data: bytes, at: int) -> int:
    args = machine.stack.pop()
    machine.stack[-1] = machine.call(machine.stack[-1], args)
    return at


def _newobj_ex(machine: Machine, data: bytes, at: int) -> int:
    named = machine.stack.pop()
    args = machine.stack.pop()
    machine.stack[-1] = machine.call(machine.stack[-1], args, named)
    return at


def _inst(machine: Machine, data: bytes, at: int) -> int:
    module, then = _line(data, at, at - 1)
    name, end = _line(data, then, at - 1)
    args = tuple(machine.since_mark())
    machine.stack.append(machine.call(machine.name(module.decode(), name.decode()), args))
    return end


def _obj(machine: Machine, data: bytes, at: int) -> int:
    function, *args = machine.since_mark()
    machine.stack.append(machine.call(function, tuple(args)))
    return at


def _build(machine: Machine, data: bytes, at: int) -> int:
    state = machine.stack.pop()
    target = machine.stack[-1]
    if type(target) is Call:
        target.state = _shallow(state) if machine.flat and type(state) not in {dict, tuple} else state
        if machine.built:
            machine.built(target)
        if machine.raw and type(target.function) is Symbol and target.function.name in machine.raw:
            raise _Pause(at, machine.raw[target.function.name])
    return at


def _persid(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    machine.stack.append(Persistent(line.decode("latin-1")))
    return end


def _binpersid(machine: Machine, data: bytes, at: int) -> int:
    machine.stack[-1] = Persistent(_shallow(machine.stack[-1]) if machine.flat else machine.stack[-1])
    return at


# The memo.


def _memoize(machine: Machine, data: bytes, at: int) -> int:
    machine.memo[len(machine.memo)] = machine.stack[-1]
    return at


def _binput(machine: Machine, data: bytes, at: int) -> int:
    machine.memo[data[at]] = machine.stack[-1]
    return at + 1


def _long_binput(machine: Machine, data: bytes, at: int) -> int:
    machine.memo[_U4.unpack_from(data, at)[0]] = machine.stack[-1]
    return at + 4


def _put(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    machine.memo[_index(line)] = machine.stack[-1]
    return end


def _index(line: bytes) -> int:
    if len(line) > 20:
        raise ValueError("a memo index of more than 20 digits")
    return int(line)


def _recall(machine: Machine, index: int) -> None:
    value = machine.memo.get(index, machine)
    if value is machine:
        if not machine.flat:
            raise ValueError(f"memo entry {index} was never made")
        value = LOST
    machine.stack.append(value)


def _binget(machine: Machine, data: bytes, at: int) -> int:
    _recall(machine, data[at])
    return at + 1


def _long_binget(machine: Machine, data: bytes, at: int) -> int:
    _recall(machine, _U4.unpack_from(data, at)[0])
    return at + 4


def _get(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    _recall(machine, _index(line))
    return end


# Containers.


def _empty_list(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append([])
    return at


def _empty_dict(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append({})
    return at


def _empty_set(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(Call(SET, ()))
    return at


def _tuple(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(tuple(machine.since_mark()))
    return at


def _tuple_of(count: int) -> Opcode:
    def push(machine: Machine, data: bytes, at: int) -> int:
        stack = machine.stack
        if len(stack) < count:
            raise IndexError("stack underflow")
        stack[-count:] = [tuple(stack[-count:])]
        return at

    return push


def _list(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(machine.since_mark())
    return at


def _frozenset(machine: Machine, data: bytes, at: int) -> int:
    machine.stack.append(Call(FROZENSET, (machine.since_mark(),)))
    return at


def _dict(machine: Machine, data: bytes, at: int) -> int:
    made: dict[Any, Any] = {}
    _enter(made, machine.since_mark())
    machine.stack.append(made)
    return at


def _append(machine: Machine, data: bytes, at: int) -> int:
    value = machine.stack.pop()
    _extend(machine.stack[-1], [value])
    return at


def _appends(machine: Machine, data: bytes, at: int) -> int:
    values = machine.since_mark()
    _extend(machine.stack[-1], values)
    return at


def _setitem(machine: Machine, data: bytes, at: int) -> int:
    value = machine.stack.pop()
    key = machine.stack.pop()
    _set_items(machine.stack[-1], [key, value])
    return at


def _setitems(machine: Machine, data: bytes, at: int) -> int:
    values = machine.since_mark()
    _set_items(machine.stack[-1], values)
    return at


def _extend(target: Any, values: list[Any]) -> None:
    if type(target) is list:
        target += values
    elif type(target) is Call:
        target.items = (target.items or []) + values if len(target.items or ()) < 1000 else target.items
