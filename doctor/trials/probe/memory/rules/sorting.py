"""Sorting and drawing: what CUB sorts beside the data (``Sorting.cpp``, ``Sort.cu``, ``Distributions.cpp``)."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.memory.rules.base import Operation, size_of

_INDEX = 8  # bytes
_BLOCKWISE = 4096  # elements of a row that one block of threads sorts
_PAIRS, _KEYS = 3072, 3840  # elements of a tile of CUB's radix sort, with indices of 8 bytes and with numbers of 4
_BINS = 1024  # bytes of a tile's counters
_CONSTANT = 8703, 2559


def _sort(call: Operation) -> Any:
    x = call.args[0]
    result = call.run()
    if x.device.type != "cuda" or not x.numel():
        return result
    dims = [a.name for a in call.func._schema.arguments]  # noqa: SLF001
    dim = call.argument(dims.index("dim"), "dim", -1)
    length = int(x.shape[dim]) if x.dim() else 1
    if length <= _BLOCKWISE:
        call.free(call.malloc(length * _INDEX))
        return result
    _sorted(call, x, length)
    return result


def _sorted(call: Operation, x: Any, length: int) -> None:
    count, item = int(x.numel()), int(x.element_size())
    radix = count * (item + _INDEX) + -(-count // _PAIRS) * _BINS + _CONSTANT[0]
    if count == length:
        indices = call.malloc(count * _INDEX)
        call.free(call.malloc(radix))
        call.free(indices)
        return
    pairs = [call.malloc(count * _INDEX), call.malloc(count * _INDEX)]
    keys = call.malloc(count * item)
    call.free(call.malloc(radix))
    call.free(keys)
    call.free(call.malloc(-(-count // _KEYS) * _BINS + _CONSTANT[1]))
    call.free(*pairs)


def _drawn(call: Operation) -> Any:
    """One draw divides the probabilities by random numbers, which are as many."""
    result = call.run()
    if result.device.type == "cuda":
        call.free(call.malloc(size_of(call.args[0])))
    return result


RULES = {"aten::sort": _sort, "aten::multinomial": _drawn}
