"""
Reductions: the buffer in which blocks of threads leave parts of a result when several work on one.

Whether they do depends on the shape, the layout and the GPU's multiprocessors: the configuration that
``aten/src/ATen/native/cuda/Reduce.cuh`` (``setReduceConfig``) works out, over the dimensions as TensorIterator orders and
joins them.
"""  # noqa: E501

from __future__ import annotations

from typing import Any, NamedTuple

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation

_THREADS = 512  # of a block at most
_WARP = 32
_VECTOR = 4  # elements that a thread reads at once
_FEW, _MANY = 16, 256  # values that a thread takes on
_WELFORD = 16  # bytes: mean, sum of squares, and two counts
_INDEXED = 16  # a value with its index


class Dimension(NamedTuple):
    """A dimension: its size, the input's step in bytes, and the result's, 0 where it is reduced."""

    size: int
    step: int
    result: int


def buffers(x: Any, dims: Any, element: int, gpu: Any) -> tuple[int, int]:
    """
    Return the bytes of the buffer and of the counters beside it, (0, 0) where one block does each result.

    Args:
        x: the input.
        dims: that are reduced.
        element: bytes of what is accumulated.
        gpu: its multiprocessors and their threads.
    """
    order = _joined(_ordered(x, dims))
    if not x.numel() or not order:
        return 0, 0
    return _Plan(order, x.element_size(), element, gpu).sizes()


def _ordered(x: Any, dims: Any) -> list[Dimension]:
    """Return the dimensions with reduced ones first, and those of small steps before others."""
    reduced = {d % x.dim() for d in dims} if x.dim() else set()
    found, step = [], 1
    for place in reversed(range(x.dim())):
        size = int(x.shape[place])
        found.append(Dimension(size, int(x.stride(place)) * x.element_size(), 0 if place in reduced else step))
        step *= 1 if place in reduced else size
    for i in range(1, len(found)):  # insertion, as there: what can't be compared stays where it is
        at = i
        for before in reversed(range(i)):
            order = _compared(found[before], found[at])
            if order > 0:
                found[before], found[at] = found[at], found[before]
                at = before
            elif order < 0:
                break
    return found


def _compared(a: Dimension, b: Dimension) -> int:
    """Return 1 where b comes first, -1 where a does, 0 where nothing tells."""
    if (a.result == 0) != (b.result == 0):
        return 1 if b.result == 0 else -1
    for one, other in ((a.result, b.result), (a.step, b.step)):
        if one and other and one != other:
            return 1 if one > other else -1
        if one and other and a.size > b.size:
            return 1
    return 0


def _joined(dims: list[Dimension]) -> list[Dimension]:
    """Return the dimensions with those joined that are one in memory, of input and result."""
    found: list[Dimension] = []
    for dim in dims:
        last = found[-1] if found else None
        if last is not None and last.size == 1:
            found[-1] = dim
        elif last is not None and (
            dim.size == 1 or (last.step * last.size == dim.step and last.result * last.size == dim.result)
        ):
            found[-1] = last._replace(size=last.size * dim.size)
        else:
            found.append(dim)
    return found


class _Plan:
    """How threads and blocks share the work."""

    def __init__(self, dims: list[Dimension], item: int, element: int, gpu: Any) -> None:
        self.element = element
        reduced = [d for d in dims if d.result == 0]
        kept = [d for d in dims if d.result]
        self.outputs = _size(kept)
        self.inputs = _size(reduced)
        along = not kept or not reduced or reduced[0].step < kept[0].step
        first = (reduced or kept)[0] if along else kept[0]
        self.vector = 1
        x, y = (self.inputs, self.outputs) if along else (self.outputs, self.inputs)
        if first.step == item and along and x >= 128 and len(dims) == 1:
            x //= _VECTOR
        elif first.step == item and not along:
            self.vector = _vector(dims, kept, item)
            x //= self.vector
        self.width, self.height = _block(x, y, _THREADS // self.vector)
        self.across = along  # threads of a row share a result
        self.step = self.width if along else 1
        self.step_out = 1 if along else self.width
        self._shared(gpu)

    def _shared(self, gpu: Any) -> None:
        self.blocks = 1
        values = -(-self.inputs // self.step)
        if values < self.height * _FEW and values < _MANY:
            self.step_out *= self.height
            return
        self.step *= self.height
        values = -(-self.inputs // self.step)
        target = gpu.sms * (gpu.threads_per_sm // (self.width * self.height))
        if values >= _MANY and self.grid <= target:
            self.blocks = max(min(-(-target // self.grid), -(-values // _FEW)), -(-values // _MANY))

    @property
    def grid(self) -> int:
        """Blocks, of which each works on other results."""
        return -(-(self.outputs // self.vector) // self.step_out)

    def sizes(self) -> tuple[int, int]:
        if self.blocks <= 1:
            return 0, 0
        size = self.element * self.outputs * self.blocks
        return (size if self.across else size * self.width * self.vector), 4 * self.grid


def _size(dims: list[Dimension]) -> int:
    found = 1
    for dim in dims:
        found *= dim.size
    return found


def _vector(dims: list[Dimension], kept: list[Dimension], item: int) -> int:
    """Return how many results one thread works on at once: as many as sizes and steps can be divided by."""
    size = _VECTOR
    for number in [kept[0].size, *[d.step // item for d in dims if d is not kept[0]]]:
        while number % size:
            size //= 2
    return size


def _block(x: int, y: int, most: int) -> tuple[int, int]:
    x, y = min(_power(x), most), min(_power(y), most)
    height = min(y, most // min(x, _WARP))
    return min(x, most // height), height


def _power(number: int) -> int:
    return 1 << (max(number, 1).bit_length() - 1)


def _reduces(element: Any, place: int = 1) -> Any:
    """Return the rule of a reduction, by the bytes that it accumulates for an input."""

    def rule(call: Operation) -> Any:
        x = call.args[0]
        result = call.run()
        first = result[0] if isinstance(result, (tuple, list)) else result
        if x.device.type != "cuda" or first.numel() == x.numel():
            return result
        sizes = buffers(x, _dims(call, place), element(x, first), call.gpu)
        if sizes[0]:
            call.free(*[call.malloc(size) for size in sizes])
        return result

    return rule


def _dims(call: Operation, place: int) -> list[int]:
    names = [a.name for a in call.func._schema.arguments]  # noqa: SLF001
    dims = call.argument(place, "dim") if "dim" in names and names.index("dim") == place else None
    if dims is None or (isinstance(dims, (list, tuple)) and not dims):
        return list(range(call.args[0].dim()))
    return list(dims) if isinstance(dims, (list, tuple)) else [int(dims)]


def _accumulated(x: Any, result: Any) -> int:
    """Half precision is summed in float32."""
    return 4 if result.dtype in (torch.float16, torch.bfloat16) else int(result.element_size())


def _own(x: Any, result: Any) -> int:
    return int(x.element_size())


RULES = {
    **{"aten::" + name: _reduces(_accumulated) for name in ("sum", "mean", "prod", "nansum")},
    **{"aten::" + name: _reduces(_own) for name in ("amax", "amin")},
    **{"aten::" + name: _reduces(lambda x, result: 1) for name in ("any", "all")},  # noqa: ARG005
    **{"aten::" + name: _reduces(lambda x, result: _INDEXED) for name in ("argmax", "argmin")},  # noqa: ARG005
    **{"aten::" + name: _reduces(lambda x, result: _WELFORD) for name in ("var", "std", "var_mean", "std_mean")},  # noqa: ARG005
    "aten::linalg_vector_norm": _reduces(_accumulated, 2),
    "aten::max": _reduces(lambda x, result: _INDEXED if result.dim() else int(x.element_size())),
    "aten::min": _reduces(lambda x, result: _INDEXED if result.dim() else int(x.element_size())),
}
