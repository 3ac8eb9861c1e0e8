"""
The caching allocator with expandable segments (``expandable_segments:True``).

A segment reserves addresses for all of the device; memory is mapped to them, piece by piece, as it is needed.

Source: pytorch/pytorch, ``c10/cuda/CUDACachingAllocator.cpp`` (2.13), and its documentation of the setting.
"""

from __future__ import annotations

import bisect

from doctor.trials.probe.memory.allocator import Block, CachingAllocator, OutOfMemory, Pool, _joined, _link
from doctor.trials.probe.memory.settings import DEFAULT, LEAST, Settings

_SMALL_PIECE = 2 << 20


class Expandable(CachingAllocator):
    """The allocator of one device whose segments grow and shrink."""

    def __init__(self, capacity: int = 1 << 62, settings: Settings = DEFAULT) -> None:
        super().__init__(capacity, settings)
        self._unmapped: dict[bool, list[tuple[int, Block]]] = {True: [], False: []}

    def empty_cache(self) -> None:
        """Unmap every piece that nobody has a part of."""
        for pool in self._pools:
            for block in pool.blocks():
                self._unmap(block)

    def _found(self, size: int, pool: Pool) -> Block | None:
        """Take the best fit; a block that can grow counts with what it can grow to."""
        pool.searches += 1
        place = pool.first(size)
        block = pool.at(place)
        if block is None:
            return None
        further = pool.at(place + 1)
        while further is not None and _reach(further) < _reach(block):
            place, block = place + 1, further
            further = pool.at(place + 1)
        most = self.settings.max_split_size
        if size < most <= block.size:
            return None
        if size >= most and block.size >= size + self.settings.max_non_split_rounding:
            return None
        pool.take(block)
        return block

    def _splits(self, block: Block, size: int) -> bool:
        return block.size - size >= LEAST

    def _made(self, size: int, pool: Pool) -> Block:
        """Map memory until there is a block of the size, after unused memory was unmapped where that is needed."""
        block = self._grown(size, pool)
        if block is None:
            self.retries += 1
            self.empty_cache()
            block = self._grown(size, pool)
        if block is None:
            raise OutOfMemory(size, self.reserved, self.capacity)
        return block

    def _grown(self, size: int, pool: Pool) -> Block | None:
        block = self._candidate(size, pool)
        if not block.mapped and not self._map(block, min(block.size, size)):
            return None
        while block.size < size:
            further = block.after
            if further is None or not self._map(further, min(size - block.size, further.size)):
                return None
            block = further
        pool.take(block)
        return block

    def _candidate(self, size: int, pool: Pool) -> Block:
        """Return the first of free and unmapped neighbours that have room, of a new segment where none have."""
        for _, unmapped in self._unmapped[pool.small]:
            before = unmapped.before
            block = before if before is not None and before.free else unmapped
            if _room(block) >= size:
                return block
        piece = self._piece(pool)
        pieces = -(-(self.capacity + self.capacity // 8) // piece)
        block = Block(-(-self._next // piece) * piece, pieces * piece, pool)
        self._next = block.address + block.size + piece
        block.mapped = False
        self._keep(block)
        return block

    def _piece(self, pool: Pool) -> int:
        return _SMALL_PIECE if pool.small else self.settings.large_segment

    # Mapping

    def _map(self, block: Block, size: int) -> bool:
        """Put memory behind the first bytes of an unmapped block, in whole pieces; False where there is none."""
        piece = self._piece(block.pool)
        size = -(-size // piece) * piece
        if not self._fits(size):
            return False
        self._forget(block)
        block.mapped = True
        if size < block.size:
            rest = Block(block.address + size, block.size - size, block.pool)
            rest.mapped = False
            _link(rest, block.after)
            _link(block, rest)
            self._keep(rest)
            block.size = size
        self._reserve(size)
        self._merge(block)
        block.pool.put(block)
        return True

    def _unmap(self, block: Block) -> None:
        """Take the memory away from a free block, but for pieces that its neighbours have a part of."""
        piece = self._piece(block.pool)
        start = -(-block.address // piece) * piece
        end = (block.address + block.size) // piece * piece
        if start >= end:
            return
        block.pool.take(block)
        self._cut(block, start, end)
        block.mapped = False
        self.reserved -= block.size
        self._merge(block)
        if not block.whole:
            self._keep(block)

    def _cut(self, block: Block, start: int, end: int) -> None:
        """Make a block of what lies before ``start``, and one of what lies after ``end``; both stay mapped."""
        if start > block.address:
            head = Block(block.address, start - block.address, block.pool)
            if block.before is not None:
                _link(block.before, head)
            _link(head, block)
            block.pool.put(head)
        tail_size = block.address + block.size - end
        if tail_size:
            tail = Block(end, tail_size, block.pool)
            _link(tail, block.after)
            _link(block, tail)
            block.pool.put(tail)
        block.address, block.size = start, end - start

    def _merge(self, block: Block) -> None:
        """Join a block with neighbours that are free and mapped, or unmapped, as it is; it stays the one."""
        before, after = block.before, block.after
        if before is not None and before.free and before.mapped == block.mapped:
            self._leave(before)
            block.address, block.size = before.address, before.size + block.size
            block.before = before.before
            if before.before is not None:
                before.before.after = block
        if after is not None and after.free and after.mapped == block.mapped:
            self._leave(after)
            _joined(block, after)

    def _leave(self, block: Block) -> None:
        if block.mapped:
            block.pool.take(block)
        else:
            self._forget(block)

    def _keep(self, block: Block) -> None:
        block.free = True
        bisect.insort(self._unmapped[block.pool.small], (block.address, block))

    def _forget(self, block: Block) -> None:
        kept = self._unmapped[block.pool.small]
        del kept[bisect.bisect_left(kept, (block.address,))]


def _reach(block: Block) -> int:
    """Return the size to which a block can grow."""
    after = block.after
    return block.size + (after.size if after is not None and not after.mapped else 0)


def _room(block: Block | None) -> int:
    """Return the bytes of a block and its free or unmapped neighbours after it."""
    room = 0
    while block is not None and block.free:
        room += block.size
        block = block.after
    return room
