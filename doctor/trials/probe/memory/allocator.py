"""
A port of PyTorch's native CUDA caching allocator: which segments are asked of the device, and which block serves what.

Sources: pytorch/pytorch, ``c10/cuda/CUDACachingAllocator.cpp`` and ``c10/core/AllocatorConfig.h`` (2.13), and
"CUDA memory management" of the PyTorch documentation for the settings. One device, one stream, no private pools.
"""

from __future__ import annotations

import bisect

from doctor.trials.probe.memory.settings import DEFAULT, LEAST, Settings

_MIB = 1 << 20
_SMALL = _MIB  # the largest request that is served from the small pool
_SMALL_SEGMENT = 2 * _MIB
_LEAST_LARGE = 10 * _MIB  # from here on a request has a segment of its own size
_ROUND_LARGE = 2 * _MIB


class OutOfMemory(RuntimeError):
    """No segment could be had, with all cached ones given back."""

    def __init__(self, size: int, reserved: int, capacity: int) -> None:
        super().__init__("{} bytes asked for, {} of {} reserved".format(size, reserved, capacity))
        self.size = size
        self.reserved = reserved


class Block:
    """
    A part of a segment, in use or free.

    Attributes:
        address, size: where it lies.
        requested: bytes asked for, of those that it has.
        pool: whose free list it is in while it is free.
        before, after: its neighbours in the segment.
        free: whether nobody has it.
        mapped: whether memory lies behind it; only in expandable segments there may be none.
        born: the pool's count of searches when it became free.
    """

    __slots__ = ("address", "after", "before", "born", "free", "mapped", "pool", "requested", "size")

    def __init__(self, address: int, size: int, pool: Pool) -> None:
        self.address = address
        self.size = size
        self.pool = pool
        self.requested = 0
        self.before: Block | None = None
        self.after: Block | None = None
        self.free = False
        self.mapped = True
        self.born = 0

    @property
    def whole(self) -> bool:
        """Whether it is a segment of its own."""
        return self.before is None and self.after is None


class Pool:
    """Free blocks, the smallest first, and of one size the lowest address first."""

    def __init__(self, *, small: bool) -> None:
        self.small = small
        self.searches = 0
        self._blocks: list[tuple[int, int, Block]] = []

    def put(self, block: Block) -> None:
        block.free = True
        block.born = self.searches
        bisect.insort(self._blocks, (block.size, block.address, block))

    def take(self, block: Block) -> None:
        del self._blocks[self.first(block.size, block.address)]
        block.free = False

    def first(self, size: int, address: int = -1) -> int:
        """Return the place of the first block that isn't less."""
        return bisect.bisect_left(self._blocks, (size, address))

    def at(self, place: int) -> Block | None:
        """Return the block at a place; None past the end."""
        return self._blocks[place][2] if 0 <= place < len(self._blocks) else None

    def whole(self) -> list[Block]:
        """Return those of its blocks that are segments of their own."""
        return [block for _, _, block in self._blocks if block.whole]

    def blocks(self) -> list[Block]:
        """Return all of them, as they are sorted."""
        return [block for _, _, block in self._blocks]


class CachingAllocator:
    """
    The allocator of one device.

    Args:
        capacity: bytes that segments may take in all: what the device shows, less the context.
        settings: of PYTORCH_CUDA_ALLOC_CONF.

    Attributes:
        allocated: bytes of blocks in use (``memory_allocated``).
        reserved: bytes of segments (``memory_reserved``).
        requested: bytes that were asked for, of those allocated.
        peak_allocated, peak_reserved: the most since they were last reset.
        retries: how often cached segments were given back because a new one was refused.
    """

    def __init__(self, capacity: int = 1 << 62, settings: Settings = DEFAULT) -> None:
        self.capacity = capacity
        self.settings = settings
        self.allocated = self.reserved = self.requested = 0
        self.peak_allocated = self.peak_reserved = 0
        self.retries = 0
        self._pools = (Pool(small=False), Pool(small=True))
        self._next = 1 << 44

    def malloc(self, requested: int) -> Block | None:
        """Return a block of at least so many bytes, None for none; raises OutOfMemory."""
        if requested <= 0:
            return None
        size = self.settings.rounded(requested)
        pool = self._pools[size <= _SMALL]
        block = self._found(size, pool) or self._made(size, pool)
        if self._splits(block, size):
            self._split(block, size)
        block.requested = requested
        self.requested += requested
        self.allocated += block.size
        self.peak_allocated = max(self.peak_allocated, self.allocated)
        return block

    def free(self, block: Block | None) -> None:
        """Give a block back to its pool, joined with free neighbours."""
        if block is None:
            return
        self.allocated -= block.size
        self.requested -= block.requested
        self._release(block)

    def empty_cache(self) -> None:
        """Give segments back that nobody has a part of (``torch.cuda.empty_cache``)."""
        for pool in self._pools:
            for block in pool.whole():
                self._unmap(block)

    def reset_peaks(self) -> None:
        """Forget the peaks but for what is there now (``torch.cuda.reset_peak_memory_stats``)."""
        self.peak_allocated, self.peak_reserved = self.allocated, self.reserved

    def free_blocks(self) -> list[Block]:
        """Return the blocks that nobody has, of both pools."""
        return [block for pool in self._pools for block in pool.blocks()]

    # A block for a request

    def _found(self, size: int, pool: Pool) -> Block | None:
        """Take the best fit out of the pool; None where there is none (``get_free_block``)."""
        pool.searches += 1
        block = pool.at(pool.first(size))
        if block is None:
            return None
        most = self.settings.max_split_size
        if size < most <= block.size:
            return None  # a block this large isn't broken up for a small request
        if size >= most and block.size >= size + self.settings.max_non_split_rounding:
            return None
        pool.take(block)
        return block

    def _made(self, size: int, pool: Pool) -> Block:
        """Return a block of a new segment, after cached ones were given back where that is needed."""
        self._collect()
        wanted = self._segment(size)
        if self._fits(wanted):
            return self._mapped(wanted, pool)
        self.retries += 1
        if self._gave_oversized(size, pool) and self._fits(wanted):
            return self._mapped(wanted, pool)
        self.empty_cache()
        if self._fits(wanted):
            return self._mapped(wanted, pool)
        raise OutOfMemory(size, self.reserved, self.capacity)

    def _segment(self, size: int) -> int:
        if size <= _SMALL:
            return _SMALL_SEGMENT
        if size < _LEAST_LARGE:
            return self.settings.large_segment
        return -(-size // _ROUND_LARGE) * _ROUND_LARGE

    def _fits(self, size: int) -> bool:
        return self.reserved + size <= self.capacity

    def _mapped(self, size: int, pool: Pool) -> Block:
        block = Block(self._next, size, pool)
        self._next += size + _SMALL_SEGMENT  # a gap: segments are never joined
        self._reserve(size)
        return block

    def _reserve(self, size: int) -> None:
        self.reserved += size
        self.peak_reserved = max(self.peak_reserved, self.reserved)

    def _splits(self, block: Block, size: int) -> bool:
        if block.pool.small:
            return block.size - size >= LEAST
        return size < self.settings.max_split_size and block.size - size > _SMALL

    def _split(self, block: Block, size: int) -> None:
        """Cut the first bytes off for the request; the rest stays free."""
        rest = Block(block.address + size, block.size - size, block.pool)
        _link(rest, block.after)
        _link(block, rest)
        block.size = size
        block.pool.put(rest)

    # Giving back

    def _release(self, block: Block) -> None:
        before, after = block.before, block.after
        if before is not None and before.free and before.mapped == block.mapped:
            before.pool.take(before)
            block = _joined(before, block)
        if after is not None and after.free and after.mapped == block.mapped:
            after.pool.take(after)
            block = _joined(block, after)
        block.pool.put(block)

    def _unmap(self, block: Block) -> None:
        block.pool.take(block)
        self.reserved -= block.size

    def _gave_oversized(self, size: int, pool: Pool) -> bool:
        """Give back what is too large to be split, as much as is needed (``release_available_cached_blocks``)."""
        most = self.settings.max_split_size
        if not self.settings.splits_bounded:
            return False
        wanted = max(size, most)
        place = pool.first(wanted)
        enough = pool.at(place)
        if enough is not None:
            self._unmap(enough)
            return True
        given = 0
        for block in reversed(pool.blocks()[:place]):
            if given >= wanted or block.size < most:
                break
            given += block.size
            self._unmap(block)
        return given >= wanted

    def _collect(self) -> None:
        """Give back what was unused for longest, above a threshold (``garbage_collect_cached_blocks``)."""
        threshold = self.settings.collection_threshold
        if not threshold or not self.settings.fraction_set:
            return
        excess = self.reserved - int(threshold * self.capacity)
        pool = self._pools[False]
        left = pool.whole()
        while excess > 0 and left:
            average = sum(pool.searches - b.born for b in left) / float(len(left))
            old = [b for b in left if pool.searches - b.born >= average]
            left = [b for b in left if pool.searches - b.born < average]
            for block in old:
                excess -= block.size
                self._unmap(block)


def _link(before: Block, after: Block | None) -> None:
    before.after = after
    if after is not None:
        after.before = before


def _joined(before: Block, after: Block) -> Block:
    before.size += after.size
    _link(before, after.after)
    return before
