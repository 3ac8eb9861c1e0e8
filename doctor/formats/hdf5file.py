"""The objects of an HDF5 file: groups with links, datasets with shapes, both with attributes. Reads no array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from doctor.errors import Unreadable
from doctor.formats.hdf5bytes import Cursor, Source
from doctor.formats.hdf5heaps import FractalHeap, GlobalHeap, local_heap, records, symbols
from doctor.formats.hdf5types import Type, shape_of, type_of, value_of

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MOST_OBJECTS = 200_000
MOST_DEPTH = 64
_MOST_MESSAGES = 65_536
_DATASPACE, _LINKS, _DATATYPE, _LINK, _ATTRIBUTE, _CONTINUED, _SYMBOLS, _ATTRIBUTES = 1, 2, 3, 6, 12, 16, 17, 21


class Message(NamedTuple):
    """One message of an object's header."""

    kind: int
    flags: int
    data: bytes


class Thing(NamedTuple):
    """
    A group or dataset.

    ``dtype`` is "" for a group; ``links`` are addresses of the objects in a group, by name.
    """

    attributes: dict[str, Any]
    links: dict[str, int]
    shape: tuple[int, ...] | None
    dtype: str


class HDF5File:
    """
    A file in the HDF5 format.

    Args:
        file: its bytes, readable anywhere.
        size: how many.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._source = Source(file, size)
        self._heap = GlobalHeap(self._source)
        self.root = self._superblock()

    def walk(self) -> Iterator[tuple[str, Thing]]:
        """Yield every object with its path ("" for the root), parents first; one that two links name comes once."""
        waiting, seen = [("", self.root)], set[int]()
        while waiting:
            path, address = waiting.pop()
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MOST_OBJECTS or path.count("/") > MOST_DEPTH:
                raise Unreadable(f"more than {MOST_OBJECTS} objects, or {MOST_DEPTH} levels of them")
            thing = self.thing(address)
            yield path, thing
            inside = f"{path}/" if path else ""
            waiting += [(inside + name, link) for name, link in reversed(thing.links.items())]

    def thing(self, address: int) -> Thing:
        """Return the object at an address."""
        attributes: dict[str, Any] = {}
        links: dict[str, int] = {}
        shape, kind = None, None
        for message in self._messages(address):
            cursor = Cursor(message.data, self._source)
            if message.kind == _ATTRIBUTE:
                self._attribute(cursor, attributes)
            elif message.kind == _ATTRIBUTES:
                self._dense(cursor, 2, 8, lambda c: self._attribute(c, attributes))
            elif message.kind == _DATASPACE:
                shape = shape_of(cursor)
            elif message.kind == _DATATYPE and not message.flags & 2:
                kind = type_of(cursor)
            else:
                self._links(message.kind, cursor, links)
        return Thing(attributes, links, shape, kind.dtype if kind else "")

    def _superblock(self) -> int:
        cursor = self._source.upto(0, 128)
        cursor.expect(SIGNATURE)
        version = cursor.number(1)
        if version > 3:
            raise Unreadable(f"its superblock is of version {version}")
        if version < 2:
            cursor.take(4)
        self._source.offsets, self._source.lengths = cursor.number(1), cursor.number(1)
        if {self._source.offsets, self._source.lengths} - {2, 4, 8}:
            raise Unreadable(f"addresses of {self._source.offsets} bytes")
        cursor.take({0: 9, 1: 13}.get(version, 1))
        self._source.base = cursor.offset()
        cursor.take(3 * self._source.offsets if version < 2 else 2 * self._source.offsets)
        if version < 2:
            cursor.offset()  # the root's name
        return cursor.offset()

    def _messages(self, address: int) -> Iterator[Message]:
        head = self._source.upto(address, 64)
        modern = head.data[:4] == b"OHDR"
        if not modern and head.data[:1] != b"\1":
            raise Unreadable(f"no object at byte {address}")
        ordered, start, length = _modern(head) if modern else _early(head)
        blocks, seen, count = [(address + start, length)], set[int](), 0
        while blocks:
            at, length = blocks.pop()
            if at in seen:
                raise Unreadable(f"the header of the object at byte {address} doesn't end")
            seen.add(at)
            for message in _in_block(self._source.at(at, length), modern=modern, ordered=ordered):
                count += 1
                if count > _MOST_MESSAGES:
                    raise Unreadable(f"the header of the object at byte {address} doesn't end")
                if message.kind == _CONTINUED:
                    where = Cursor(message.data, self._source)
                    next_at, next_length = where.offset(), where.length()
                    # A later block starts with its signature and ends with a checksum.
                    blocks.append((next_at + 4, next_length - 8) if modern else (next_at, next_length))
                else:
                    yield message

    def _links(self, kind: int, cursor: Cursor, links: dict[str, int]) -> None:
        if kind == _SYMBOLS:
            tree, heap = cursor.offset(), cursor.offset()
            names = local_heap(self._source, heap)
            for entry in symbols(self._source, tree):
                end = names.find(b"\0", entry.name)
                if entry.name >= len(names) or end < 0:
                    raise Unreadable(f"a name at byte {entry.name} of {len(names)}")
                links[names[entry.name : end].decode("utf-8", "replace")] = entry.address
        elif kind == _LINK:
            _link(cursor, links)
        elif kind == _LINKS:
            self._dense(cursor, 8, 7, lambda c: _link(c, links))

    def _dense(self, cursor: Cursor, ordered: int, width: int, take: Any) -> None:
        """Hand on each link or attribute that is kept in a heap because they are many."""
        cursor.take(1)
        if cursor.number(1) & 1:
            cursor.take(ordered)
        heap_at, tree_at = cursor.offset(), cursor.offset()
        if self._source.nowhere in {heap_at, tree_at}:
            return
        heap = FractalHeap(self._source, heap_at)
        for record in records(self._source, tree_at):
            # A link's record is its name's hash and its heap ID; an attribute's is its heap ID first.
            value = heap.value(record[4 : 4 + width] if width == 7 else record[:width])
            if value is not None:
                take(Cursor(value, self._source))

    def _attribute(self, cursor: Cursor, attributes: dict[str, Any]) -> None:
        version, flags = cursor.number(1), cursor.number(1)
        if version not in {1, 2, 3}:
            raise Unreadable(f"an attribute of version {version}")
        sizes = cursor.number(2), cursor.number(2), cursor.number(2)
        if version == 3:
            cursor.take(1)
        parts = []
        for size in sizes:
            parts.append(cursor.take(size))
            if version == 1:
                cursor.take(min(-size % 8, cursor.left))
        if version > 1 and flags & 3:  # its type is kept elsewhere: nothing that Keras writes
            return
        kind: Type = type_of(Cursor(parts[1], self._source))
        shape = shape_of(Cursor(parts[2], self._source))
        name = parts[0].split(b"\0", 1)[0].decode("utf-8", "replace")
        attributes[name] = value_of(kind, shape, cursor, self._heap)


def _early(head: Cursor) -> tuple[bool, int, int]:
    head.take(8)
    return False, 16, head.number(4)


def _modern(head: Cursor) -> tuple[bool, int, int]:
    head.take(5)
    flags = head.number(1)
    head.take(16 * (flags >> 5 & 1) + 4 * (flags >> 4 & 1))
    length = head.number(1 << (flags & 3))
    return bool(flags & 4), head.at, length


def _in_block(block: Cursor, *, modern: bool, ordered: bool) -> Iterator[Message]:
    head = (6 if ordered else 4) if modern else 8
    while block.left >= head:
        kind = block.number(1 if modern else 2)
        size = block.number(2)
        flags = block.number(1)
        block.take(2 * ordered if modern else 3)
        yield Message(kind, flags, block.take(size))


def _link(cursor: Cursor, links: dict[str, int]) -> None:
    cursor.take(1)
    flags = cursor.number(1)
    kind = cursor.number(1) if flags & 8 else 0
    cursor.take(8 * (flags >> 2 & 1) + (flags >> 4 & 1))
    name = cursor.take(cursor.number(1 << (flags & 3)))
    if kind == 0:  # a soft or external link leads out of this object's own storage
        links[name.decode("utf-8", "replace")] = cursor.offset()
