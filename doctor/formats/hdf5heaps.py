"""The heaps and B-trees of an HDF5 file: where names, long strings and dense links are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from doctor.errors import Unreadable
from doctor.formats.hdf5bytes import Cursor, Source

MOST_NODES = 100_000


class Entry(NamedTuple):
    """One named object of an old-style group: where its name is in the local heap, and its address."""

    name: int
    address: int


def symbols(source: Source, tree: int) -> Iterator[Entry]:
    """Yield the entries of an old-style group, from its version 1 B-tree."""
    waiting, seen = [tree], set[int]()
    while waiting:
        address = waiting.pop()
        if address in seen or len(seen) > MOST_NODES:
            raise Unreadable(f"its B-tree comes back to byte {address}")
        seen.add(address)
        cursor = source.at(address, 8 + 2 * source.offsets)
        cursor.expect(b"TREE")
        kind, level, used = cursor.number(1), cursor.number(1), cursor.number(2)
        if kind != 0:
            raise Unreadable(f"a group's B-tree is of kind {kind}")
        children = _children(source, address, used)
        if level:
            waiting += reversed(children)
        else:
            for child in children:
                yield from _symbol_node(source, child)


def _children(source: Source, address: int, used: int) -> list[int]:
    pair = source.lengths + source.offsets
    cursor = source.at(address + 8 + 2 * source.offsets, used * pair)
    found = []
    for _ in range(used):
        cursor.length()
        found.append(cursor.offset())
    return found


def _symbol_node(source: Source, address: int) -> Iterator[Entry]:
    head = source.at(address, 8)
    head.expect(b"SNOD")
    head.take(2)
    count = head.number(2)
    cursor = source.at(address + 8, count * (2 * source.offsets + 24))
    for _ in range(count):
        entry = Entry(cursor.offset(), cursor.offset())
        if entry.address != source.nowhere:  # as a soft link's is
            yield entry
        cursor.take(24)


def local_heap(source: Source, address: int) -> bytes:
    """Return the data of a local heap: the names of a group, each ended by a zero byte."""
    cursor = source.at(address, 8 + 2 * source.lengths + source.offsets)
    cursor.expect(b"HEAP")
    cursor.take(4)
    size = cursor.length()
    cursor.length()
    return source.at(cursor.offset(), size).data


class GlobalHeap:
    """The collections of values of variable length; each is parsed once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._collections: dict[int, dict[int, bytes]] = {}

    def value(self, address: int, index: int) -> bytes:
        """Return one value; Unreadable where the collection doesn't have it."""
        if address not in self._collections:
            self._collections[address] = self._collection(address)
        try:
            return self._collections[address][index]
        except KeyError:
            raise Unreadable(f"no value {index} in the collection at byte {address}") from None

    def _collection(self, address: int) -> dict[int, bytes]:
        head = self._source.at(address, 8 + self._source.lengths)
        head.expect(b"GCOL")
        head.take(4)
        size = head.length()
        cursor = self._source.at(address, size)
        cursor.take(8 + self._source.lengths)
        found: dict[int, bytes] = {}
        while cursor.left >= 8 + self._source.lengths:
            index = cursor.number(2)
            cursor.take(6)
            length = cursor.length()
            if index == 0:  # the rest is free
                break
            found[index] = cursor.take(length)
            cursor.take(min(-length % 8, cursor.left))
        return found


class _Heap(NamedTuple):
    """What the header of a fractal heap says."""

    managed: int  # largest object kept in a block
    width: int
    start: int  # size of the first blocks
    direct: int  # size of the largest direct block
    bits: int  # of an address in the heap
    root: int
    rows: int  # of the root block; 0 where it is a direct block
    filtered: bool


class FractalHeap:
    """A heap of objects by heap ID: where a group or object keeps its links or attributes when they are many."""

    def __init__(self, source: Source, address: int) -> None:
        self._source = source
        self._heap = _fractal_header(source, address)
        self._blocks: list[tuple[int, int, int]] | None = None

    def value(self, identity: bytes) -> bytes | None:
        """Return the object of a heap ID, None for one that is kept outside of the heap's blocks."""
        cursor = Cursor(identity, self._source)
        kind = cursor.number(1) >> 4 & 3
        if kind == 2:
            return cursor.take((identity[0] & 15) + 1)
        if kind != 0:
            return None
        offset = cursor.number((self._heap.bits + 7) // 8)
        limit = min(_width_of(self._heap.direct - 1), _width_of(self._heap.managed))
        return self._managed(offset, cursor.number(limit))

    def _managed(self, offset: int, length: int) -> bytes:
        if self._heap.filtered:
            raise Unreadable("a heap of links is compressed")
        if self._blocks is None:
            self._blocks = sorted(self._direct_blocks())
        for start, address, size in self._blocks:
            if start <= offset < start + size:
                return self._source.at(address + offset - start, length).data
        raise Unreadable(f"no block of the heap holds its byte {offset}")

    def _direct_blocks(self) -> Iterator[tuple[int, int, int]]:
        heap = self._heap
        if heap.root == self._source.nowhere:
            return
        if not heap.rows:
            yield 0, heap.root, heap.start
            return
        waiting, seen = [(0, heap.root, heap.rows)], set[int]()
        while waiting:
            at, address, rows = waiting.pop()
            if address in seen or len(seen) > MOST_NODES:
                raise Unreadable(f"its heap comes back to byte {address}")
            seen.add(address)
            for block in self._indirect(at, address, rows):
                if block[2] <= heap.direct:
                    yield block
                else:
                    waiting.append((block[0], block[1], self._rows_within(block[2])))

    def _indirect(self, at: int, address: int, rows: int) -> Iterator[tuple[int, int, int]]:
        heap = self._heap
        if rows > 64 or heap.width > 1024:
            raise Unreadable(f"a heap of {rows} rows of {heap.width} blocks")
        head = 5 + self._source.offsets + (heap.bits + 7) // 8
        cursor = self._source.at(address, head + rows * heap.width * self._source.offsets)
        cursor.expect(b"FHIB")
        cursor.take(head - 4)
        for row in range(rows):
            size = heap.start << max(row - 1, 0)
            for _ in range(heap.width):
                child = cursor.offset()
                if child != self._source.nowhere:
                    yield at, child, size
                at += size

    def _rows_within(self, size: int) -> int:
        return (size // (self._heap.start * self._heap.width)).bit_length()


def _fractal_header(source: Source, address: int) -> _Heap:
    cursor = source.at(address, 22 + 3 * source.offsets + 12 * source.lengths)
    cursor.expect(b"FRHP")
    cursor.take(3)
    filters = cursor.number(2)
    cursor.take(1)
    managed = cursor.number(4)
    cursor.take(2 * source.offsets + 10 * source.lengths)
    width, start, direct = cursor.number(2), cursor.length(), cursor.length()
    bits = cursor.number(2)
    cursor.take(2)
    heap = _Heap(managed, width, start, direct, bits, cursor.offset(), cursor.number(2), bool(filters))
    if not (0 < start <= direct and width > 0 and bits <= 64):
        raise Unreadable(f"a heap of blocks of {start} to {direct} bytes")
    return heap


class _Tree(NamedTuple):
    """What the header of a version 2 B-tree says."""

    node: int
    record: int
    depth: int
    root: int
    used: int  # records in the root node


def records(source: Source, address: int) -> Iterator[bytes]:
    """Yield the records of a version 2 B-tree, in no particular order."""
    cursor = source.at(address, 22 + source.offsets + source.lengths)
    cursor.expect(b"BTHD")
    cursor.take(2)
    node, record, depth = cursor.number(4), cursor.number(2), cursor.number(2)
    cursor.take(2)
    tree = _Tree(node, record, depth, cursor.offset(), cursor.number(2))
    if not record or depth > 16 or tree.root == source.nowhere:
        return
    yield from _tree_nodes(source, tree)


def _tree_nodes(source: Source, tree: _Tree) -> Iterator[bytes]:
    waiting, seen = [(tree.root, tree.used, tree.depth)], set[int]()
    while waiting:
        address, used, depth = waiting.pop()
        if address in seen or len(seen) > MOST_NODES:
            raise Unreadable(f"its B-tree comes back to byte {address}")
        seen.add(address)
        cursor = source.upto(address, tree.node)
        cursor.expect(b"BTIN" if depth else b"BTLF")
        cursor.take(2)
        for _ in range(used):
            yield cursor.take(tree.record)
        if depth:
            waiting += _tree_children(cursor, tree, used, depth, source.offsets)


def _tree_children(cursor: Cursor, tree: _Tree, used: int, depth: int, width: int) -> Iterator[tuple[int, int, int]]:
    total = (tree.node - 10) // tree.record  # most records of a leaf; then of all below a node one level up
    counts = _width_of(total)
    for level in range(1, depth):
        pointer = width + counts + (_width_of(total) if level > 1 else 0)
        most = (tree.node - 10 - pointer) // (tree.record + pointer)
        total = (most + 1) * total + most
    totals = _width_of(total) if depth > 1 else 0
    for _ in range(used + 1):
        address = cursor.offset()
        yield address, cursor.number(counts), depth - 1
        cursor.take(totals)


def _width_of(limit: int) -> int:
    """Bytes that a number up to `limit` is written in."""
    return max((limit.bit_length() + 7) // 8, 1)
