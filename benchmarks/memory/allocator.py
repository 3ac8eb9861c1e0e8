"""
The port of PyTorch's caching allocator against the real one, step by step, on the phantom runtime.

    python benchmarks/memory/allocator.py SCENARIO STEPS    in a process that the phantom is preloaded into

Requests of random sizes are made and given back, the cache is emptied now and then, and after every step both must
have allocated, reserved and kept as peaks the same bytes, and have refused the same requests. Says what it did as JSON.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

GIB = 1 << 30
EPISODE = 1000  # steps until all is given back


class Scenario(NamedTuple):
    """
    How the allocators are set up.

    Args:
        settings: PYTORCH_CUDA_ALLOC_CONF.
        memory: bytes of the device.
        fraction: share of them that the process may take, if that is said.
        largest: of the requests, as a power of two.
    """

    settings: str = ""
    memory: int = 16 << 40
    fraction: float = 0.0
    largest: float = 30.0


SCENARIOS = {
    "default": Scenario(),
    "small requests": Scenario(largest=20),
    "finite memory": Scenario(memory=GIB // 8, largest=27),
    "max_split_size": Scenario("max_split_size_mb:64"),
    "max_split_size, finite memory": Scenario("max_split_size_mb:32", GIB // 8, largest=27),
    "rounding": Scenario("roundup_power2_divisions:4"),
    "rounding by size": Scenario("roundup_power2_divisions:[256:1,512:2,1024:4,>:8]"),
    "expandable segments, rounding": Scenario("expandable_segments:True,roundup_power2_divisions:8", 256 * GIB),
    "collection": Scenario("garbage_collection_threshold:0.6", 4 * GIB, 0.5, 28),
    "expandable segments": Scenario("expandable_segments:True", 256 * GIB),
    "expandable segments, finite memory": Scenario("expandable_segments:True", GIB // 8, largest=27),
}


class Real:
    """PyTorch's own."""

    def __init__(self, scenario: Scenario) -> None:
        import torch

        self.torch = torch
        torch.cuda.init()
        if scenario.fraction:
            torch.cuda.set_per_process_memory_fraction(scenario.fraction)
        torch.cuda.empty_cache()

    def malloc(self, size: int) -> Any:
        return self.torch.cuda.caching_allocator_alloc(size)

    def free(self, block: Any) -> None:
        self.torch.cuda.caching_allocator_delete(block)

    def empty_cache(self) -> None:
        self.torch.cuda.empty_cache()

    def reset_peaks(self) -> None:
        self.torch.cuda.reset_peak_memory_stats()

    @property
    def state(self) -> tuple[int, ...]:
        """Allocated, reserved, and both peaks."""
        stats = self.torch._C._cuda_memoryStats(0)  # noqa: SLF001 - a tenth of the time of memory_stats()
        allocated, reserved = stats["allocated_bytes"]["all"], stats["reserved_bytes"]["all"]
        return allocated["current"], reserved["current"], allocated["peak"], reserved["peak"]


def ported(scenario: Scenario) -> Any:
    """Return the port, set up alike."""
    from doctor.trials.probe.memory.allocator import CachingAllocator
    from doctor.trials.probe.memory.expandable import Expandable
    from doctor.trials.probe.memory.settings import read

    settings = read(scenario.settings)._replace(fraction_set=bool(scenario.fraction))
    capacity = int(scenario.memory * scenario.fraction) if scenario.fraction else scenario.memory
    return (Expandable if settings.expandable else CachingAllocator)(capacity, settings)


def compare(real: Any, port: Any, scenario: Scenario, steps: int) -> dict[str, Any]:
    """Return how many steps were compared, what differed first, how many were refused, and every 100th state."""
    states = []
    done = refused = 0
    while done < steps:
        draw = random.Random(done)
        live: list[tuple[Any, Any]] = []
        for _ in range(min(EPISODE, steps - done)):
            refused += _step(draw, real, port, live, scenario.largest)
            done += 1
            found, said = state(real), state(port)
            if found != said:
                return {"steps": done, "refused": refused, "difference": f"{found} real, {said} ported"}
            if done % 100 == 0:
                states.append(found)
        _end(real, port, live)
    return {"steps": done, "refused": refused, "difference": "", "states": states}


def state(allocator: Any) -> tuple[int, ...]:
    """Return what an allocator has allocated and reserved, and both peaks."""
    if isinstance(allocator, Real):
        return allocator.state
    return allocator.allocated, allocator.reserved, allocator.peak_allocated, allocator.peak_reserved


def _step(draw: random.Random, real: Any, port: Any, live: list[tuple[Any, Any]], largest: float) -> bool:
    """Do the same to both; returns whether a request was refused, by both or by one."""
    if draw.random() < 0.005:
        real.empty_cache()
        port.empty_cache()
    elif live and draw.random() < draw.choice([0.35, 0.5, 0.6]):
        mine, its = live.pop(draw.randrange(len(live)))
        real.free(mine)
        port.free(its)
    else:
        size = max(int(2 ** draw.uniform(0, draw.choice([12, 20, 21, 24, largest - 2, largest]))), 1)
        size = min(size, int(2**largest))
        blocks = _asked(real, size), _asked(port, size)
        if None not in blocks:
            live.append(blocks)
        elif blocks != (None, None):
            raise SystemExit(f"{size} bytes: only one of the two refused")
        return blocks == (None, None)
    return False


def _asked(allocator: Any, size: int) -> Any:
    try:
        return allocator.malloc(size)
    except RuntimeError as error:  # torch.OutOfMemoryError, and the port's
        if "OutOfMemory" not in type(error).__name__:
            raise
        return None


def _end(real: Any, port: Any, live: list[tuple[Any, Any]]) -> None:
    for mine, its in live:
        real.free(mine)
        port.free(its)
    for each in (real, port):
        each.empty_cache()
        each.reset_peaks()


if __name__ == "__main__":
    chosen = SCENARIOS[sys.argv[1]]
    print(json.dumps(compare(Real(chosen), ported(chosen), chosen, int(sys.argv[2]))))
