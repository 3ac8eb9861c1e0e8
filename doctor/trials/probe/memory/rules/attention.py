"""
Attention: which kernel the GPU would take, and what it asks for.

Without a GPU torch takes the mathematical form, whose scores of batch x heads x length² are all there at once. The
choice follows ``aten/src/ATen/native/transformers/cuda/sdp_utils.cpp``: cuDNN's on capability 9.0 and 10.0 (in half
precision), else flash, else memory-efficient, else mathematical, the first whose conditions hold.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation

_HALF = (torch.float16, torch.bfloat16)
_ALIGNMENT = 8  # elements of a mask's rows, for the memory-efficient kernel
_LSE_ROWS = 32  # to which its rows of log-sums are rounded
_IN_REGISTERS = 128  # the widest head whose output that kernel keeps there


class Asked(NamedTuple):
    """The arguments of scaled_dot_product_attention."""

    query: Any
    key: Any
    value: Any
    mask: Any = None
    dropout: float = 0.0
    causal: bool = False
    scale: float | None = None
    grouped: bool = False

    @property
    def learns(self) -> bool:
        """Whether gradients will be asked for."""
        inputs = (self.query, self.key, self.value)
        return bool(torch.is_grad_enabled() and any(t.requires_grad for t in inputs))


def attention(asked: Asked, gpu: Any) -> Any:
    """Return what the kernel that the GPU takes gives, by that kernel's own operator."""
    way = chosen(asked, gpu.capability)
    mask = asked.mask
    if mask is not None and mask.dtype == torch.bool:
        mask = _additive(mask, asked.query)
    if mask is not None and way == "efficient":
        mask = _padded(mask)
    asked = asked._replace(mask=mask)
    return _WAYS[way](asked)


def chosen(asked: Asked, capability: tuple[int, int]) -> str:
    """Return "cudnn", "flash", "efficient" or "math", as torch chooses where all of them are enabled."""
    if any(t.dim() != 4 or 0 in t.shape for t in (asked.query, asked.key, asked.value)):
        return "math"
    for name, fits in _order(capability):
        if _enabled(name) and fits(asked, capability):
            return name
    return "math"


def _order(capability: tuple[int, int]) -> tuple[tuple[str, Any], ...]:
    others = (("flash", _fits_flash), ("efficient", _fits_efficient))
    return (("cudnn", _fits_cudnn), *others) if capability in ((9, 0), (10, 0)) and _prefers_cudnn() else others


def _prefers_cudnn() -> bool:
    """It is first since torch 2.5, was put last in 2.5.1, and is first again since 2.8 or so."""
    return _version() >= (2, 8)


def _version() -> tuple[int, ...]:
    return tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2] if part.isdigit())


def _enabled(name: str) -> bool:
    asked = {"cudnn": "cudnn_sdp_enabled", "flash": "flash_sdp_enabled", "efficient": "mem_efficient_sdp_enabled"}
    answer = getattr(torch.backends.cuda, asked[name], None)
    return bool(answer()) if answer is not None else name != "cudnn"


def _fits_cudnn(asked: Asked, capability: tuple[int, int]) -> bool:
    widths = asked.query.shape[-1], asked.value.shape[-1]
    widest = 256 if capability == (9, 0) else 128
    return bool(
        asked.query.dtype in _HALF
        and _heads_match(asked, grouped=True)
        and all(width % 8 == 0 and width <= widest for width in widths)
        and asked.query.shape[-1] == asked.key.shape[-1]
        and not asked.dropout
        and _rows_contiguous(asked)
        and not (asked.mask is not None and asked.causal)
        and not (asked.learns and (asked.query.shape[2] == 1 or asked.key.shape[2] == 1))
    )


def _fits_flash(asked: Asked, capability: tuple[int, int]) -> bool:
    width = asked.query.shape[-1]
    return bool(
        capability >= (8, 0)
        and asked.query.dtype in _HALF
        and asked.mask is None
        and width <= 256
        and width == asked.key.shape[-1] == asked.value.shape[-1]
        and _heads_match(asked, grouped=True)
        and not (asked.causal and asked.query.shape[2] != asked.key.shape[2])
        and _rows_contiguous(asked)
        and not (asked.learns and width > 192 and _small_shared_memory(capability) and (width <= 224 or asked.dropout))
    )


def _fits_efficient(asked: Asked, capability: tuple[int, int]) -> bool:
    dtype = asked.query.dtype
    half = dtype in _HALF
    bits = 16 if half else 32
    tensor_cores = capability >= (8, 0) or (capability >= (7, 0) and half)
    alignment = max(4 if capability >= (8, 0) else 1, 128 // bits if tensor_cores else 1)
    known = dtype in (torch.float16, torch.float32) or (dtype == torch.bfloat16 and capability >= (8, 0))
    widths = asked.query.shape[-1], asked.value.shape[-1]
    return bool(
        known
        and asked.query.shape[-1] == asked.key.shape[-1]
        and all(width % alignment == 0 for width in widths)
        and _heads_match(asked, grouped=False)
        and _rows_contiguous(asked)
        and not (asked.mask is not None and asked.mask.requires_grad and asked.learns and asked.mask.dim() < 2)
    )


def _small_shared_memory(capability: tuple[int, int]) -> bool:
    return capability in ((8, 6), (8, 9)) or capability[0] == 12


def _heads_match(asked: Asked, *, grouped: bool) -> bool:
    query, key, value = asked.query, asked.key, asked.value
    if not query.shape[0] == key.shape[0] == value.shape[0] or key.shape[2] != value.shape[2]:
        return False
    heads = query.shape[1], key.shape[1], value.shape[1]
    if asked.grouped:
        return grouped and heads[1] == heads[2] and heads[0] % heads[1] == 0
    return bool(heads[0] == heads[1] == heads[2])


def _rows_contiguous(asked: Asked) -> bool:
    inputs = [asked.query, asked.key, asked.value]
    if asked.mask is not None:
        inputs.append(asked.mask)
    return all(t.stride(-1) == 1 or t.shape[-1] == 1 for t in inputs)


def _first(results: Any) -> Any:
    """Return the first of several results; the others' memory is given back in their order."""
    left = list(results)
    del results
    while len(left) > 1:
        del left[1]
    return left[0]


def _additive(mask: Any, query: Any) -> Any:
    """Return a mask of numbers for one of flags (``convert_boolean_attn_mask``)."""
    keep = torch.scalar_tensor(0.0, dtype=query.dtype, device=query.device)
    drop = torch.scalar_tensor(-math.inf, dtype=query.dtype, device=query.device)
    return torch.where(mask, keep, drop)


def _flash(asked: Asked) -> Any:
    query, key, value = asked.query, asked.key, asked.value
    width = query.shape[-1]
    scale = asked.scale if asked.scale is not None else 1.0 / math.sqrt(width)
    if width % 8:
        query, key, value = (torch.nn.functional.pad(t, (0, 8 - width % 8)) for t in (query, key, value))
    operator = torch.ops.aten._scaled_dot_product_flash_attention  # noqa: SLF001
    answer = _first(operator(query, key, value, asked.dropout, asked.causal, False, scale=scale))
    return answer[..., :width] if width % 8 else answer


def _efficient(asked: Asked) -> Any:
    mask = asked.mask
    if mask is not None:
        mask = mask.expand(*asked.query.shape[:3], asked.key.shape[2])
    operator = torch.ops.aten._scaled_dot_product_efficient_attention  # noqa: SLF001
    inputs = (asked.query, asked.key, asked.value)
    return _first(operator(*inputs, mask, asked.learns, asked.dropout, asked.causal, scale=asked.scale))


def _padded(mask: Any) -> Any:
    """Return a mask whose rows begin at aligned places (``pad_bias``)."""
    if mask.stride(-1) == 1 and all(step % _ALIGNMENT == 0 for step in mask.stride()[:-1]):
        return mask
    length = mask.shape[-1]
    return torch.nn.functional.pad(mask, (0, _ALIGNMENT - length % _ALIGNMENT))[..., :length]


def _cudnn(asked: Asked) -> Any:
    operator = torch.ops.aten._scaled_dot_product_cudnn_attention  # noqa: SLF001
    inputs = (asked.query, asked.key, asked.value, asked.mask)
    return _first(operator(*inputs, asked.learns, asked.dropout, asked.causal, False, scale=asked.scale))


def _math(asked: Asked) -> Any:
    if asked.mask is not None or asked.causal:
        return _masked(asked)
    operator = torch.ops.aten._scaled_dot_product_attention_math  # noqa: SLF001
    settings = {"enable_gqa": True} if asked.grouped else {}
    inputs = (asked.query, asked.key, asked.value, asked.mask)
    return operator(*inputs, asked.dropout, asked.causal, None, scale=asked.scale, **settings)[0]


def _masked(asked: Asked) -> Any:
    """Return the mathematical form with a mask, which is added in place; torch adds it apart to fake tensors."""
    dtype = asked.query.dtype
    query, key, value = (t.float() if dtype in _HALF else t for t in (asked.query, asked.key, asked.value))
    scale = math.sqrt(asked.scale if asked.scale is not None else 1.0 / math.sqrt(asked.query.shape[-1]))
    scaled = query * scale
    mask = asked.mask
    if asked.causal:
        flags = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool, device=query.device).tril()
        mask = _additive(flags, query)
        del flags
    if asked.grouped:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
        value = value.repeat_interleave(query.shape[-3] // value.shape[-3], -3)
    scores = torch.matmul(scaled, key.transpose(-2, -1) * scale).add_(mask)
    softmax = getattr(torch.ops.aten, "_safe_softmax", torch.softmax)
    scores = softmax(scores, -1)
    if asked.dropout:
        scores = torch.dropout(scores, asked.dropout, train=True)
    also = scores.to(dtype)  # the second result, which nobody takes
    answer = torch.matmul(scores, value).to(dtype)
    del also
    return answer


_WAYS = {"flash": _flash, "efficient": _efficient, "cudnn": _cudnn, "math": _math}


def _composite(call: Operation) -> Any:
    names = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
    values = [call.argument(place, name) for place, name in enumerate(names)]
    if values[0].device.type != "cuda":
        return NotImplemented
    more = (call.kwargs.get("scale"), bool(call.kwargs.get("enable_gqa")))
    asked = Asked(values[0], values[1], values[2], values[3], values[4] or 0.0, bool(values[5]), *more)
    with call.seen():
        return attention(asked, call.gpu)


def _flash_kernel(call: Operation) -> Any:
    query, key = call.args[0], call.args[1]
    result = call.func(*call.args, **call.kwargs)
    dropout = call.argument(3, "dropout_p", 0.0)
    call.track(*result[:2])
    parts = [call.malloc(size) for size in _parts(query, key, dropout, call.gpu.sms)]
    call.track(*result[2:])
    if dropout:
        call.free(call.malloc(16))
    call.free(*parts)
    return result


def _parts(query: Any, key: Any, dropout: float, sms: int) -> tuple[int, ...]:
    """Return the bytes of partial log-sums and outputs where the keys are split (``set_params_splitkv``)."""
    batch, heads, rows, width = query.shape
    if dropout:
        return ()
    if rows == 1 and heads > key.shape[1] and width % 8 == 0:  # the queries of a group become rows
        heads, rows = key.shape[1], heads // key.shape[1]
    rounded = -(-width // 32) * 32 if width <= 128 else -(-width // 64) * 64
    block = 256 if width <= 64 else 128 if width <= 128 else 64
    splits = _splits(batch * heads * -(-rows // 64), sms * 2, -(-key.shape[2] // block))
    each = splits * batch * heads * rows * 4
    return (each, each * rounded) if splits > 1 else ()


def _splits(work: int, places: int, blocks: int) -> int:
    """Return into how many parts the keys are split: the fewest that fill the GPU about as well as any number does."""
    if work >= 0.8 * places:
        return 1
    counts = [n for n in range(1, min(128, places, blocks) + 1) if n == 1 or -(-blocks // n) != -(-blocks // (n - 1))]
    fill = {n: (work * n / places) / math.ceil(work * n / places) for n in counts}
    best = max(fill.values())
    return next(n for n in counts if fill[n] >= 0.85 * best)


def _efficient_kernel(call: Operation) -> Any:
    query, value = call.args[0], call.args[2]
    result = call.func(*call.args, **call.kwargs)
    call.track(result[0])
    if call.argument(4, "compute_log_sumexp", default=False):
        call.track(result[1])
    if value.shape[-1] > _IN_REGISTERS and query.dtype in _HALF:
        call.free(call.malloc(query.shape[0] * query.shape[1] * query.shape[2] * value.shape[-1] * 4))
    return result


def _cudnn_kernel(call: Operation) -> Any:
    seeds = [call.malloc(8), call.malloc(8)]
    result = call.func(*call.args, **call.kwargs)
    call.track(result[0])
    if call.argument(4, "compute_log_sumexp", default=False):
        call.track(result[1])
    call.free(*seeds)
    return result


RULES = {
    "aten::scaled_dot_product_attention": _composite,
    "aten::_scaled_dot_product_flash_attention": _flash_kernel,
    "aten::_scaled_dot_product_efficient_attention": _efficient_kernel,
    "aten::_scaled_dot_product_cudnn_attention": _cudnn_kernel,
}
