"""
Reads an ELF file's machine and dynamic section while it passes; code and data are skipped.

The format: the "ELF-64 Object File Format" and the System V gABI, chapter 5. The strings that the dynamic section
refers to may lie before it (as linkers write it) or after it (as ``patchelf`` leaves it), so the file's first bytes are
held until it is known which are wanted.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from doctor.errors import Unreadable
from doctor.formats.kinds.elf import Elf
from doctor.formats.stream import Stream

MAGIC = b"\x7fELF"
_WINDOW = 8 << 20  # bytes from the start that are held; strings beyond them, before the dynamic section, are lost
_MOST_STRINGS = 8 << 20
_MOST_SEGMENTS = 512
_MOST_ENTRIES = 4096
_MACHINES = {62: "x86_64", 183: "aarch64"}
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS, _STRINGS_SIZE, _NAME = 1, 5, 10, 14
_GLIBC = re.compile(rb"\0GLIBC_(\d{1,3}(?:\.\d{1,3}){1,2})(?=\0)")


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


def read(stream: Stream) -> Elf:
    """Return what an ELF file says. Unreadable where it is none; 32-bit and big-endian ones say their machine only."""
    head = stream.peek(64)
    if len(head) < 20 or not head.startswith(MAGIC):
        raise Unreadable("no ELF file")
    order = ">" if head[5] == 2 else "<"
    number = struct.unpack_from(f"{order}H", head, 18)[0]
    machine = _MACHINES.get(number, str(number))
    if len(head) < 64 or head[4] != 2 or order == ">":
        return Elf(machine)
    segments = _segments(stream, head)
    dynamic = next((s for s in segments if s.kind == _DYNAMIC), None)
    if dynamic is None:
        return Elf(machine)
    kept = stream.peek(min(dynamic.offset + dynamic.size, _WINDOW))
    interpreter = _interpreter(kept, segments)
    return _linked(stream, kept, dynamic, segments)._replace(machine=machine, interpreter=interpreter)


def _segments(stream: Stream, head: bytes) -> list[_Segment]:
    table, each, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
    if each != 56 or count > _MOST_SEGMENTS or table > _WINDOW:
        raise Unreadable(f"claims {count} segments of {each} bytes at byte {table}")
    start = stream.peek(table + each * count)
    if len(start) < table + each * count:
        raise Unreadable("ends before its segments do")
    found = []
    for at in range(table, table + each * count, each):
        kind, _, offset, address, _, size = struct.unpack_from("<IIQQQQ", start, at)
        found.append(_Segment(kind, offset, address, size))
    return found


def _interpreter(kept: bytes, segments: list[_Segment]) -> str:
    """The loader that a program names, before its dynamic section as linkers write it."""
    found = next((s for s in segments if s.kind == _INTERPRETER), None)
    if found is None or found.size > 4096 or found.offset + found.size > len(kept):
        return ""
    return kept[found.offset : found.offset + found.size].split(b"\0", 1)[0].decode("utf-8", "replace")


def _linked(stream: Stream, kept: bytes, dynamic: _Segment, segments: list[_Segment]) -> Elf:
    entries = _entries(_bytes(stream, kept, dynamic.offset, min(dynamic.size, 16 * _MOST_ENTRIES)))
    said = dict(entries)
    if _STRINGS not in said:
        return Elf("")
    place = _place(said[_STRINGS], [s for s in segments if s.kind == _LOAD])
    strings = _bytes(stream, kept, place, min(said.get(_STRINGS_SIZE, 0), _MOST_STRINGS))
    needed = tuple(_text(strings, value) for tag, value in entries if tag == _NEEDED)
    name = _text(strings, said[_NAME]) if _NAME in said else ""
    return Elf("", name, needed, _highest(strings))


def _entries(data: bytes) -> list[tuple[int, int]]:
    found = []
    for tag, value in struct.iter_unpack("<QQ", data[: len(data) // 16 * 16]):
        if tag == 0:
            break
        found.append((tag, value))
    return found


def _bytes(stream: Stream, kept: bytes, start: int, size: int) -> bytes:
    """Return bytes at a place of the file: held from its start, or still to come."""
    if start + size <= len(kept):
        return kept[start : start + size]
    if start < stream.offset:
        raise Unreadable(f"what it needs stands at byte {start}, which has passed")
    stream.skip(start - stream.offset)
    return stream.read(size)


def _place(address: int, loads: list[_Segment]) -> int:
    for segment in loads:
        if segment.address <= address < segment.address + segment.size:
            return address - segment.address + segment.offset
    raise Unreadable(f"address {address:#x} is in no segment")


def _text(strings: bytes, at: int) -> str:
    end = strings.find(b"\0", at)
    if at >= len(strings) or end < 0:
        raise Unreadable(f"a name stands at {at}, beyond its {len(strings)} bytes of strings")
    return strings[at : min(end, at + 4096)].decode("utf-8", "replace")


def _highest(strings: bytes) -> str:
    versions = [tuple(map(int, v.split(b"."))) for v in _GLIBC.findall(strings)]
    return ".".join(map(str, max(versions))) if versions else ""
