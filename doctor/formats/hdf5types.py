"""Datatypes, dataspaces and attribute values of an HDF5 file."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from doctor.errors import Unreadable
from doctor.formats.hdf5bytes import Cursor
from doctor.formats.hdf5heaps import GlobalHeap

MOST_VALUES = 1 << 20
_FLOATS = {2: "float16", 4: "float32", 8: "float64"}


class Type(NamedTuple):
    """
    A datatype.

    ``dtype`` is NumPy's word for it, "string" or "object"; ``kind`` is the class's number in the format; ``order`` is
    the byte order of a number; ``base`` is the type of the elements of a variable-length or enumerated one.
    """

    dtype: str
    kind: int
    size: int
    order: str = "<"
    text: bool = False  # a string, of fixed or variable length
    base: Any = None


def type_of(cursor: Cursor, depth: int = 0) -> Type:
    """Return the datatype at a cursor."""
    kind = cursor.number(1) & 15
    bits = cursor.number(3)
    size = cursor.number(4)
    order = ">" if bits & 1 else "<"
    if kind == 0:
        return Type(f"{'' if bits & 8 else 'u'}int{8 * size}", kind, size, order)
    if kind == 1:
        return _float(cursor, size, order)
    if kind == 3:
        return Type("string", kind, size, text=True)
    if kind in {8, 9} and depth < 8:
        return _built_on(cursor, kind, bits, size, depth)
    return Type("object", kind, size)


def _float(cursor: Cursor, size: int, order: str) -> Type:
    if size == 2 and cursor.left >= 12:
        cursor.take(4)  # bit offset and precision
        exponent_at, exponent = cursor.number(1), cursor.number(1)
        if (exponent_at, exponent) == (7, 8):
            return Type("bfloat16", 1, size, order)
    return Type(_FLOATS.get(size, f"float{8 * size}"), 1, size, order)


def _built_on(cursor: Cursor, kind: int, bits: int, size: int, depth: int) -> Type:
    base = type_of(cursor, depth + 1)
    if kind == 9:
        return Type("string" if bits & 15 == 1 else "object", kind, size, text=bits & 15 == 1, base=base)
    # h5py writes a bool as an enumeration over int8 of two members.
    dtype = "bool" if base.dtype == "int8" and bits & 0xFFFF == 2 else base.dtype
    return Type(dtype, kind, size, base.order, base=base)


def shape_of(cursor: Cursor) -> tuple[int, ...] | None:
    """Return the dimensions of the dataspace at a cursor, None for an empty one."""
    version, rank, _flags = cursor.number(1), cursor.number(1), cursor.number(1)
    if version == 1:
        cursor.take(5)
    elif version == 2:
        if cursor.number(1) == 2:
            return None
    else:
        raise Unreadable(f"a dataspace of version {version}")
    if rank > 32:
        raise Unreadable(f"an array of {rank} dimensions")
    return tuple(cursor.length() for _ in range(rank))


def value_of(kind: Type, shape: tuple[int, ...] | None, cursor: Cursor, heap: GlobalHeap) -> Any:
    """
    Return the value of an attribute: str, int, float, bool, a flat list of them, or None where it is none of these.

    Args:
        kind: its datatype.
        shape: its dimensions.
        cursor: at its data.
        heap: where its values of variable length are.
    """
    if shape is None or kind.size <= 0:
        return None
    count = 1
    for dimension in shape:
        count *= dimension
    if count > MOST_VALUES or count * kind.size > cursor.left:
        raise Unreadable(f"an attribute of {count} values of {kind.size} bytes in {cursor.left} bytes")
    values = [_one(kind, Cursor(cursor.take(kind.size), cursor.source), heap) for _ in range(count)]
    return values if shape else values[0]


def _one(kind: Type, cursor: Cursor, heap: GlobalHeap) -> Any:
    if kind.text:
        data = _variable(cursor, heap) if kind.kind == 9 else cursor.take(kind.size)
        return data.split(b"\0", 1)[0].decode("utf-8", "replace")
    if kind.dtype == "bool":
        return cursor.number(1) != 0
    number = kind.base if kind.kind == 8 else kind
    if number.kind == 0:
        data = cursor.take(number.size)
        return int.from_bytes(data, "big" if number.order == ">" else "little", signed=number.dtype[0] == "i")
    if number.kind == 1 and number.size in _FLOATS:
        return struct.unpack(number.order + {2: "e", 4: "f", 8: "d"}[number.size], cursor.take(number.size))[0]
    return None


def _variable(cursor: Cursor, heap: GlobalHeap) -> bytes:
    length = cursor.number(4)
    address, index = cursor.offset(), cursor.number(4)
    return heap.value(address, index)[:length] if length else b""
