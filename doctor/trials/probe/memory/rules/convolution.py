"""
Convolutions: cuDNN's choice of memory format, and the copies that bring input and weight into it.

The input is brought into it before the result is made, the weight after (``Convolution.cpp``, ``cudnn/ConvShared.cpp``).
What cuDNN's own algorithms need isn't known: the operator counts as inexact.
"""  # noqa: E501

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch._prims_common import suggest_memory_format  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation, size_of

_LAST = (torch.channels_last, torch.channels_last_3d)


def _convolution(call: Operation) -> Any:
    x, weight = call.args[0], call.args[1]
    if x.device.type != "cuda":
        return NotImplemented
    shape = call.func(*call.args, **call.kwargs)
    layout = _layout(x, weight)
    copied = [] if _lies(x, layout) else [call.malloc(size_of(x))]
    result = torch.empty(shape.shape, dtype=shape.dtype, device=shape.device, memory_format=layout)
    call.track(result)
    if not _lies(weight, layout):
        copied.append(call.malloc(size_of(weight)))
    call.free(*copied)
    return result


def _layout(x: Any, weight: Any) -> Any:
    """Return the memory format that cuDNN computes in (``cudnn_conv_suggest_memory_format``)."""
    found = [suggest_memory_format(t) for t in (x, weight) if t.dim() in (4, 5)]
    return next((layout for layout in found if layout in _LAST), torch.contiguous_format)


def _lies(tensor: Any, layout: Any) -> bool:
    return bool(tensor.is_contiguous(memory_format=layout))


RULES = {"aten::convolution": _convolution}
