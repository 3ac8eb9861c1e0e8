"""Convolutions: cuDNN's choice of memory format."""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch._prims_common import suggest_memory_format  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation


def _convolution(call: Operation) -> Any:
    x, weight = call.args[0], call.args[1]
    if x.device.type != "cuda":
        return NotImplemented
    shape = call.func(*call.args, **call.kwargs)
    last = x.dim() == 4 and torch.channels_last in (suggest_memory_format(x), suggest_memory_format(weight))
    result = torch.empty(
        shape.shape,
        dtype=shape.dtype,
        device=shape.device,
        memory_format=torch.channels_last if last else torch.contiguous_format,
    )
    call.follower.track(result, call.func)
    return result


RULES = {"aten::convolution": _convolution}
