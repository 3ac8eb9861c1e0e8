"""Layer, root-mean-square and group normalisation: copies of inputs that don't lie together, and statistics."""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation, size_of

_HALF = (torch.float16, torch.bfloat16)


def _layer(call: Operation) -> Any:
    """The input is made contiguous before the result (``layer_norm_kernel.cu``)."""
    copied = [] if call.args[0].is_contiguous() else [call.malloc(size_of(call.args[0]))]
    result = call.run()
    call.free(*copied)
    return result


def _root_mean_square(call: Operation) -> Any:
    """
    One kernel, with the reciprocal root of each row beside the result (``_fused_rms_norm``, since torch 2.9).

    Without a GPU it is taken apart.
    """
    x, shape = call.args[0], call.args[1]
    weight = call.argument(2, "weight")
    fused = hasattr(torch.ops.aten, "_fused_rms_norm") and (weight is None or weight.dtype == x.dtype)
    if x.device.type != "cuda" or not fused:
        return NotImplemented
    copied = [] if x.is_contiguous() else [call.malloc(size_of(x))]
    with call.seen():
        result = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    rows = call.malloc(4 * x.numel() // max(_product(shape), 1))
    call.free(*copied, rows)
    return result


def _product(sizes: Any) -> int:
    found = 1
    for size in sizes:
        found *= int(size)
    return found


def _group(call: Operation) -> Any:
    """Scales and shifts are worked out for each channel, in float32 (``group_norm_kernel.cu``)."""
    x, weight, bias, batch, channels, pixels, groups = call.args[:7]
    result = call.run()
    if (weight is None and bias is None) or pixels == 1:
        return result
    sizes = [4 * batch * groups] * 2 if x.dtype in _HALF else []
    call.free(*[call.malloc(size) for size in [*sizes, 4 * batch * channels, 4 * batch * channels]])
    return result


def _batch(call: Operation) -> Any:
    """cuDNN's, which a GPU takes for float32 weights, keeps no statistics outside of training; torch's own does."""
    x, weight, bias = call.args[:3]
    cudnn = x.dim() >= 3 and weight is not None and bias is not None and x.dtype != torch.bfloat16
    if call.argument(5, "training") or not cudnn or weight.dtype in _HALF:
        return call.run()
    result = call.func(*call.args, **call.kwargs)
    call.track(result[0])
    return result


RULES = {
    "aten::native_batch_norm": _batch,
    "aten::native_layer_norm": _layer,
    "aten::rms_norm": _root_mean_square,
    "aten::native_group_norm": _group,
}
