"""
The opcodes of pickle, one function each, over inert values; protocols 0 to 5.

Each is called with the position behind its own byte and returns where the next one begins.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from struct import Struct
from typing import Any

from doctor.formats.inert import BYTEARRAY, FROZENSET, LOST, SET, Boxed, Call, Persistent, Skipped
from doctor.formats.kinds.base import Symbol
from doctor.formats.machine import STOPPED, Machine, Opcode, Pause, Table

LONGEST_NUMBER = 4000  # digits: Python itself refuses more in text
KEPT_TEXT = 4096  # longer text is skipped
BOOSTER_HEAD = 12 << 10
MOST_BOOSTERS = 64  # of which so much is kept
_BOOSTERS = (b"{L", b'{"Config', b"CONFIG-offset:")
KEPT_BYTES = 1024  # longer bytes are skipped
MOST_ITEMS = 1000  # noted of what is appended to an object

_SCALARS = frozenset({type(None), bool, int, float, str, bytes, Symbol, Skipped, type(LOST)})
_KEYS = frozenset({type(None), bool, int, float, str, bytes, Symbol})
_DTYPE = Symbol("numpy", "dtype")
U4, _U8, _I4, _F8 = Struct("<I"), Struct("<Q"), Struct("<i"), Struct(">d")


def unknown(machine: Machine, data: bytes, at: int) -> int:
    """Refuse a byte that is no opcode."""
    raise ValueError(f"no opcode 0x{data[at - 1]:02x}")


def _proto(machine: Machine, data: bytes, at: int) -> int:
    machine.protocol = data[at]
    return at + 1


def _frame(machine: Machine, data: bytes, at: int) -> int:
    return at + 8


def _stop(machine: Machine, data: bytes, at: int) -> int:
    raise Pause(at, STOPPED)


def _mark(machine: Machine, data: bytes, at: int) -> int:
    machine.marks.append(len(machine.stack))
    return at


def _pop(machine: Machine, data: bytes, at: int) -> int:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.stack.pop()
    return at


def _nothing(machine: Machine, data: bytes, at: int) -> int:
    return at


def pop_mark(machine: Machine, data: bytes, at: int) -> int:
    """Drop the values above the last mark."""
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
        raise Pause(opcode, None)
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
    value = codecs.escape_decode(text[1:-1])[0]
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
        if count < 0:
            raise ValueError("a negative length")
        end = start + count
        if count > kept:
            # XGBoost's own format says a little further in what kind of booster it is.
            shown = machine.head
            if data.startswith(_BOOSTERS, start) and machine.boosters < MOST_BOOSTERS:
                shown = BOOSTER_HEAD
                machine.boosters += 1
            head = data[start : min(end, start + shown)]
            machine.stack.append(Skipped(count, head, data[end - machine.head : end]))
            machine.spent -= count
            return end  # type: ignore[no-any-return]
        if end > len(data):
            raise Pause(at - 1, None)
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
        target.state = shallow(state) if machine.flat and type(state) is not dict else state
        if machine.built:
            machine.built(target)
        if machine.raw and type(target.function) is Symbol and target.function.name in machine.raw:
            raise Pause(at, machine.raw[target.function.name])
    return at


def _persid(machine: Machine, data: bytes, at: int) -> int:
    line, end = _line(data, at, at - 1)
    machine.stack.append(Persistent(line.decode("latin-1")))
    return end


def _binpersid(machine: Machine, data: bytes, at: int) -> int:
    machine.stack[-1] = Persistent(shallow(machine.stack[-1]) if machine.flat else machine.stack[-1])
    return at


# The memo.


def _memoize(machine: Machine, data: bytes, at: int) -> int:
    machine.memo[len(machine.memo)] = machine.stack[-1]
    return at


def _binput(machine: Machine, data: bytes, at: int) -> int:
    machine.memo[data[at]] = machine.stack[-1]
    return at + 1


def _long_binput(machine: Machine, data: bytes, at: int) -> int:
    machine.memo[U4.unpack_from(data, at)[0]] = machine.stack[-1]
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
    _recall(machine, U4.unpack_from(data, at)[0])
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


def tuple_of(count: int) -> Opcode:
    """Return the opcode that makes a tuple of the last values."""

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
    enter(made, machine.since_mark())
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
        if target.items is None:
            target.items = []
        if len(target.items) < MOST_ITEMS:
            target.items += values[:MOST_ITEMS]


def _set_items(target: Any, values: list[Any]) -> None:
    if type(target) is dict:
        enter(target, values)
    elif type(target) is Call:
        if target.entries is None:
            target.entries = {}
        if len(target.entries) < MOST_ITEMS or type(target.function) is Symbol:
            enter(target.entries, values)


def enter(target: dict[Any, Any], values: list[Any]) -> None:
    """Set keys and values that stand in turn; a key that can't be hashed safely is boxed."""
    if len(values) % 2:
        raise ValueError("a key without a value")
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[key if type(key) in _KEYS else Boxed(key)] = value


def shallow(value: Any) -> Any:
    """Return a value without what is inside its containers; a dtype stays whole, for joblib's arrays need it."""
    kind = type(value)
    if kind in _SCALARS or kind is Persistent or (kind is Call and value.function == _DTYPE):
        return value
    if kind is tuple:
        return tuple(v if type(v) in _SCALARS else LOST for v in value[:16])
    return LOST


SAID: dict[int, Opcode] = {
    0x28: _mark, 0x2E: _stop, 0x30: _pop, 0x31: pop_mark, 0x32: _dup, 0x46: _float, 0x49: _int, 0x4A: _binint,
    0x4B: _binint1, 0x4C: _int, 0x4D: _binint2, 0x4E: _constant(None), 0x50: _persid, 0x51: _binpersid, 0x52: _reduce,
    0x53: _string, 0x54: _long_payload(_I4, KEPT_TEXT, lambda b: b.decode("latin-1")), 0x55: _short_string,
    0x56: _unicode, 0x58: _long_payload(U4, KEPT_TEXT, lambda b: b.decode("utf-8", "surrogatepass")),
    0x61: _append, 0x62: _build, 0x63: _global, 0x64: _dict, 0x7D: _empty_dict, 0x65: _appends, 0x67: _get,
    0x68: _binget, 0x69: _inst, 0x6A: _long_binget, 0x6C: _list, 0x5D: _empty_list, 0x6F: _obj, 0x70: _put,
    0x71: _binput, 0x72: _long_binput, 0x73: _setitem, 0x74: _tuple, 0x29: _constant(()), 0x75: _setitems,
    0x47: _binfloat, 0x80: _proto, 0x81: _reduce, 0x82: _extension(1), 0x83: _extension(2), 0x84: _extension(4),
    0x85: tuple_of(1), 0x86: tuple_of(2), 0x87: tuple_of(3), 0x88: _constant(True), 0x89: _constant(False),
    0x8A: _long1, 0x8B: _long_payload(_I4, KEPT_BYTES, lambda b: int.from_bytes(b, "little", signed=True)),
    0x42: _long_payload(U4, KEPT_BYTES, bytes), 0x43: _short_bytes, 0x8C: _short_text,
    0x8D: _long_payload(_U8, KEPT_TEXT, lambda b: b.decode("utf-8", "surrogatepass")),
    0x8E: _long_payload(_U8, KEPT_BYTES, bytes), 0x8F: _empty_set, 0x90: _appends, 0x91: _frozenset,
    0x92: _newobj_ex, 0x93: _stack_global, 0x94: _memoize, 0x95: _frame,
    0x96: _long_payload(_U8, KEPT_BYTES, lambda b: Call(BYTEARRAY, (b,))), 0x97: _constant(LOST), 0x98: _nothing,
}  # fmt: skip
TABLE: Table = tuple(SAID.get(byte, unknown) for byte in range(256))
