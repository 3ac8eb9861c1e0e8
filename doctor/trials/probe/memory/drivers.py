"""What torch.cuda is asked, answered for a GPU that isn't there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]


class Asked:
    """What programs tell the GPU that matters to memory; `emptied` is called for torch.cuda.empty_cache."""

    emptied: Callable[[], None] | None = None


class _Stream:
    """A stream, or an event, of nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.device = torch.device("cuda", 0)
        self.cuda_stream = 0

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def query(self) -> bool:
        return True

    def elapsed_time(self, _other: Any) -> float:
        return 1.0

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: self


def _empty_cache() -> None:
    if Asked.emptied is not None:
        Asked.emptied()


def _answers(gpu: Any) -> dict[str, Any]:
    """Return functions by their name in torch.cuda."""
    total = gpu.memory or 1 << 40
    properties = SimpleNamespace(
        name=gpu.name,
        major=gpu.capability[0],
        minor=gpu.capability[1],
        total_memory=total,
        multi_processor_count=gpu.sms,
        max_threads_per_multi_processor=gpu.threads_per_sm,
        warp_size=32,
        is_integrated=False,
        is_multi_gpu_board=False,
        shared_memory_per_block_optin=101376,
    )
    values: dict[str, Any] = {
        "is_available": True,
        "is_initialized": True,
        "device_count": 1,
        "current_device": 0,
        "get_device_capability": gpu.capability,
        "get_device_name": gpu.name,
        "get_device_properties": properties,
        "get_arch_list": [],
        "mem_get_info": (total, total),
        "memory_allocated": 0,
        "memory_reserved": 0,
        "max_memory_allocated": 0,
        "max_memory_reserved": 0,
        "is_bf16_supported": gpu.capability >= (8, 0),
        "is_current_stream_capturing": False,
        "memory_stats": {},
    }
    answers: dict[str, Any] = {name: _constant(value) for name, value in values.items()}
    for name in ("synchronize", "set_device", "init", "_lazy_init", "manual_seed", "manual_seed_all", "ipc_collect",
                 "reset_peak_memory_stats", "seed", "seed_all", "set_stream", "set_rng_state"):  # fmt: skip
        answers[name] = _constant(None)
    answers.update(empty_cache=_empty_cache, current_stream=_Stream, default_stream=_Stream)
    answers.update(Stream=_Stream, Event=_Stream, stream=_Stream, device=_Stream)
    return answers


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


@contextlib.contextmanager
def pretended(gpu: Any) -> Iterator[None]:
    """Answer torch.cuda's questions for a GPU as long as it lasts."""
    kept = {}
    for name, answer in _answers(gpu).items():
        if hasattr(torch.cuda, name):
            kept[name] = getattr(torch.cuda, name)
            setattr(torch.cuda, name, answer)
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(torch.cuda, name, function)
