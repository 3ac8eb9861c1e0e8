"""Pooling, unfolding, rolling: copies made on the way."""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch._prims_common import suggest_memory_format  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation, size_of


def _pooled(call: Operation) -> Any:
    """The input is brought into its memory format after the result is there."""
    x = call.args[0]
    result = call.run()
    layout = suggest_memory_format(x) if x.dim() == 4 else torch.contiguous_format
    if x.device.type == "cuda" and not x.is_contiguous(memory_format=layout):
        call.free(call.malloc(size_of(x)))
    return result


def _unfolded(call: Operation) -> Any:
    copied = call.malloc(size_of(call.args[0]))
    result = call.run()
    call.free(copied)
    return result


def _rolled(call: Operation) -> Any:
    """One dimension after the other."""
    dims = call.argument(2, "dims", ())
    before = call.malloc(size_of(call.args[0])) if len(dims) > 1 else 0
    result = call.run()
    if before:
        call.free(before)
    return result


RULES = {
    "aten::avg_pool2d": _pooled,
    "aten::max_pool2d_with_indices": _pooled,
    "aten::im2col": _unfolded,
    "aten::roll": _rolled,
}
