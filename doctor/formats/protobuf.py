"""
Protocol Buffers without a schema: the fields of a message, one after another, from bytes that pass once.

A field's value is an int (varint, 32 and 64 bits), bytes (a string, a message, packed numbers), or `Large`, which is
still in the stream: its reader descends into it before it asks for the next field, or leaves it and it is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from doctor.errors import Unreadable
from doctor.formats.stream import Stream

KEEP = 1 << 16  # values above this stay in the stream: weights are never copied
_HEAD = 20  # the longest tag and length together


class Large(NamedTuple):
    """A message or string that is still in the stream, from the stream's offset; None: up to the stream's end."""

    stream: Stream
    length: int | None


Message = bytes | Large
Value = int | bytes | Large


def fields(message: Message) -> Iterator[tuple[int, Value]]:
    """Yield the number and value of each field of a message; Unreadable where the bytes are no message."""
    return _in_memory(message) if isinstance(message, bytes) else _in_stream(message)


def text(value: Value) -> str:
    """Return a field as text, what is no UTF-8 replaced; Unreadable for a number and for what is too long for text."""
    return _short(value).decode("utf-8", "replace")


def message(value: Value) -> Message:
    """Return a field as a message; Unreadable for a number."""
    if isinstance(value, int):
        raise Unreadable("a number where a message belongs")
    return value


def number(value: Value) -> int:
    """Return a field as a signed 64-bit number; Unreadable for anything else."""
    if not isinstance(value, int):
        raise Unreadable("bytes where a number belongs")
    return value - (1 << 64) if value >> 63 else value


def numbers(value: Value) -> tuple[int, ...]:
    """Return one occurrence of a repeated number: packed, or one of them alone."""
    if isinstance(value, int):
        return (number(value),)
    data = _short(value)
    found = []
    at = 0
    while at < len(data):
        one, at = _varint(data, at)
        found.append(number(one))
    return tuple(found)


def pair(value: Value) -> tuple[str, Message]:
    """Return the key and the message of one entry of a map from strings to messages; the key comes first."""
    key = ""
    for field, part in fields(message(value)):
        if field == 1:
            key = text(part)
        elif field == 2:
            return key, message(part)
    return key, b""


def _short(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Unreadable("a number or a very long value where a short text belongs")
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    if at < len(data) and data[at] < 0x80:  # nearly always
        return data[at], at + 1
    result = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Unreadable("ends within a number")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, at
    raise Unreadable("a number longer than 10 bytes")


def _in_memory(data: bytes) -> Iterator[tuple[int, Value]]:
    at, end = 0, len(data)
    while at < end:
        tag = data[at]
        at += 1
        if tag >= 0x80:
            tag, at = _varint(data, at - 1)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield _field(tag), value
            continue
        length, at = _varint(data, at) if kind == 2 else (_width(kind), at)
        if at + length > end:
            raise Unreadable(f"field {tag >> 3} claims {length} bytes, {end - at} are left")
        part = data[at : at + length]
        at += length
        yield _field(tag), part if kind == 2 else int.from_bytes(part, "little")


def _in_stream(large: Large) -> Iterator[tuple[int, Value]]:
    stream = large.stream
    end = None if large.length is None else stream.offset + large.length
    while (stream.offset < end) if end is not None else not stream.at_end():
        head = stream.peek(_HEAD)
        tag, at = _varint(head, 0)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(head, at)
            stream.skip(at)
            yield _field(tag), value
            continue
        length, at = _varint(head, at) if kind == 2 else (_width(kind), at)
        stream.skip(at)
        stop = stream.offset + length
        if end is not None and stop > end:
            raise Unreadable(f"field {tag >> 3} claims {length} bytes at byte {stream.offset}, its message ends before")
        if kind != 2:
            yield _field(tag), int.from_bytes(stream.read(length), "little")
        elif length <= KEEP:
            yield _field(tag), stream.read(length)
        else:
            yield _field(tag), Large(stream, length)
            stream.skip(stop - stream.offset)
    if end is not None and stream.offset > end:
        raise Unreadable(f"a message runs over its end at byte {end}")


def _field(tag: int) -> int:
    field = tag >> 3
    if field == 0 or field > 0x1FFFFFFF:
        raise Unreadable(f"field number {field}: not a Protocol Buffers message")
    return field


def _width(kind: int) -> int:
    if kind == 1:
        return 8
    if kind == 5:
        return 4
    raise Unreadable(f"wire type {kind}: not a Protocol Buffers message")  # 3 and 4 are groups, which nobody writes
