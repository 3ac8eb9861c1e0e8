from __future__ import annotations

import pytest

from doctor.trials.probe.memory import settings
from doctor.trials.probe.memory.allocator import CachingAllocator, OutOfMemory
from doctor.trials.probe.memory.events import Events, Label

MIB = 1 << 20


def test_small_requests_share_a_segment():
    allocator = CachingAllocator()
    first = allocator.malloc(1)
    allocator.malloc(513)
    assert (allocator.allocated, allocator.requested, allocator.reserved) == (512 + 1024, 514, 2 * MIB)
    allocator.free(first)
    assert (allocator.allocated, allocator.peak_allocated, allocator.reserved) == (1024, 1536, 2 * MIB)


@pytest.mark.parametrize(
    ("size", "segment"), [(MIB, 2), (MIB + 1, 20), (10 * MIB - 512, 20), (10 * MIB, 10), (21 * MIB, 22)]
)
def test_the_size_of_a_segment(size: int, segment: int):
    allocator = CachingAllocator()
    allocator.malloc(size)
    assert allocator.reserved == segment * MIB


def test_nothing_is_asked_for_nothing():
    allocator = CachingAllocator()
    allocator.free(allocator.malloc(0))
    assert (allocator.allocated, allocator.reserved) == (0, 0)


def test_the_smallest_that_fits_is_taken_and_its_rest_stays_free():
    allocator = CachingAllocator()
    large, small = allocator.malloc(64 * MIB), allocator.malloc(32 * MIB)
    allocator.free(large)
    allocator.free(small)
    taken = allocator.malloc(30 * MIB)
    assert taken is small
    assert sorted(block.size for block in allocator.free_blocks()) == [2 * MIB, 64 * MIB]


def test_a_rest_of_a_mebibyte_isn_t_cut_off():
    allocator = CachingAllocator()
    block = allocator.malloc(32 * MIB)
    allocator.free(block)
    assert allocator.malloc(31 * MIB) is block
    assert allocator.allocated == 32 * MIB


def test_neighbours_that_are_free_are_joined():
    allocator = CachingAllocator()
    blocks = [allocator.malloc(4 * MIB) for _ in range(5)]
    assert allocator.reserved == 20 * MIB
    for block in (blocks[1], blocks[3], blocks[2]):
        allocator.free(block)
    assert [block.size for block in allocator.free_blocks()] == [12 * MIB]
    for block in (blocks[0], blocks[4]):
        allocator.free(block)
    allocator.empty_cache()
    assert (allocator.reserved, allocator.peak_reserved) == (0, 20 * MIB)


def test_cached_segments_are_given_back_before_it_fails():
    allocator = CachingAllocator(capacity=100 * MIB)
    allocator.free(allocator.malloc(60 * MIB))
    kept = allocator.malloc(70 * MIB)
    assert (allocator.reserved, allocator.retries) == (70 * MIB, 1)
    with pytest.raises(OutOfMemory, match="41943040 bytes asked for, 73400320 of 104857600 reserved"):
        allocator.malloc(40 * MIB)
    allocator.free(kept)


def test_a_block_beyond_max_split_size_isn_t_broken_up():
    allocator = CachingAllocator(settings=settings.read("max_split_size_mb:64"))
    allocator.free(allocator.malloc(128 * MIB))
    allocator.malloc(32 * MIB)
    assert allocator.reserved == (128 + 32) * MIB


@pytest.mark.parametrize(
    ("text", "size", "rounded"),
    [
        ("", 1200, 1536),
        ("roundup_power2_divisions:4", 1200, 1536),
        ("roundup_power2_divisions:4", 5 * MIB + 1, 6 * MIB),
        ("roundup_power2_divisions:[16:8,>:1]", 9 * MIB + 1, 10 * MIB),
        ("roundup_power2_divisions:[16:8,>:1]", 33 * MIB + 1, 33 * MIB + 512),
    ],
)
def test_rounding(text: str, size: int, rounded: int):
    assert settings.read(text).rounded(size) == rounded


def test_another_backend_is_refused():
    with pytest.raises(ValueError, match="cudaMallocAsync is another allocator"):
        settings.read("backend:cudaMallocAsync")


def test_a_recording_is_replayed():
    events = Events()
    weights = events.malloc(30 * MIB, Label("weights"))
    events.free(events.malloc(50 * MIB, Label("weights")))
    events.empty_cache()
    events.mark("loaded")
    begin = events.length
    activation = events.malloc(8 * MIB, Label("aten.mm", "layer"))
    events.malloc(2 * MIB, Label("cuBLAS workspace"))
    events.free(activation)
    events.repeat(begin)
    replayed = events.replay()
    assert replayed.marks["loaded"] == (30 * MIB, 30 * MIB)
    assert (replayed.load_reserved, replayed.peak_allocated, replayed.peak_reserved) == (80 * MIB, 40 * MIB, 50 * MIB)
    assert replayed.held == {
        Label("weights"): 30 * MIB, Label("aten.mm", "layer"): 8 * MIB, Label("cuBLAS workspace"): 2 * MIB,
    }  # fmt: skip
    assert events.replay(capacity=40 * MIB).out_of_memory == 50 * MIB
    assert weights == 1
