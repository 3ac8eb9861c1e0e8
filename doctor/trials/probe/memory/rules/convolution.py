"""
Convolutions: cuDNN's choice of memory format, and the copies that bring input and weight into it.

The input is brought into it before the result is made, the weight after (``Convolution.cpp``, ``cudnn/ConvShared.cpp``).
What cuDNN's own algorithms need isn't known: the operator counts as inexact.
"""  # noqa: E501

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch._prims_common import suggest_memory_format  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules import gemm
from doctor.trials.probe.memory.rules.base import Operation, size_of

_LAST = (torch.channels_last, torch.channels_last_3d)


def _convolution(call: Operation) -> Any:
    x, weight = call.args[0], call.args[1]
    if x.device.type != "cuda":
        return NotImplemented
    if _is_slow(x, weight, call):
        return _slow(call)
    shape = call.func(*call.args, **call.kwargs)
    layout = _layout(x, weight)
    copied = [] if _lies(x, layout) else [call.malloc(size_of(x))]
    result = torch.empty(shape.shape, dtype=shape.dtype, device=shape.device, memory_format=layout)
    call.track(result)
    if not _lies(weight, layout):
        copied.append(call.malloc(size_of(weight)))
    call.free(*copied)
    return result


def _is_slow(x: Any, weight: Any, call: Operation) -> bool:
    """Say whether cuDNN doesn't have it: bfloat16 before capability 8.0, but for one filter a channel."""
    return bool(
        x.dtype == torch.bfloat16 and call.gpu.capability < (8, 0) and not (call.args[8] > 1 and weight.shape[1] == 1)
    )


def _slow(call: Operation) -> Any:
    """Patches of one image are laid out as columns, for a matrix product (``slow_conv2d`` and its like)."""
    x, weight, bias, stride, padding, _, transposed, _, groups = call.args[:9]
    shape = call.func(*call.args, **call.kwargs)
    copied = [] if x.is_contiguous() else [call.malloc(size_of(x))]
    outputs: list[int] = []
    kernel = weight[0, 0].numel()
    pixels, channels = (x[0, 0].numel(), shape.shape[1]) if transposed else (shape[0, 0].numel(), x.shape[1])
    plain = kernel == 1 and not transposed and all(n == 1 for n in stride) and not any(padding)
    columns = 0 if plain else channels // groups * kernel * pixels * x.element_size()
    for _ in range(groups if groups > 1 else 0):
        part = call.malloc(size_of(x) // groups)
        outputs.append(call.malloc(size_of(shape) // groups))
        held = call.malloc(columns)
        gemm.ask(call)
        call.free(held, part)
    with call.seen():
        result = torch.empty(shape.shape, dtype=shape.dtype, device=shape.device)
    if groups == 1:
        ones = [call.malloc(shape[0, 0].numel() * x.element_size())] if transposed and bias is not None else []
        held = call.malloc(columns)
        gemm.ask(call)
        call.free(held, *ones)
    call.free(*copied, *outputs)
    return result


def _layout(x: Any, weight: Any) -> Any:
    """Return the memory format that cuDNN computes in (``cudnn_conv_suggest_memory_format``)."""
    found = [suggest_memory_format(t) for t in (x, weight) if t.dim() in (4, 5)]
    return next((layout for layout in found if layout in _LAST), torch.contiguous_format)


def _lies(tensor: Any, layout: Any) -> bool:
    return bool(tensor.is_contiguous(memory_format=layout))


RULES = {"aten::convolution": _convolution}
