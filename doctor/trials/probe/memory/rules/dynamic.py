"""
Operators whose results' sizes depend on values: taken from the values that are known, else the most that can be.
"""  # noqa: D200

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory import shadows
from doctor.trials.probe.memory.rules.base import Operation


def _found(call: Operation) -> Any:
    """Results as large as the values say; where they aren't known, as if every element counted."""
    x = call.args[0]
    try:
        values = shadows.compute(call.func, call.args, call.kwargs)
    except Exception:
        if x.device.type != "cuda":
            return NotImplemented
        call.follower.guessed += 1
        values = _most(call, x)
    if values is NotImplemented:
        return NotImplemented
    several = isinstance(values, (tuple, list))
    results = []
    for value in values if several else (values,):
        with call.seen():
            result = torch.empty(value.shape, dtype=value.dtype, device=x.device)
        shadows.give(result, value)
        results.append(result)
    return tuple(results) if several else results[0]


def _most(call: Operation, x: Any) -> Any:
    name = call.func._schema.name.split("::")[1]  # noqa: SLF001
    with shadows.real():
        if name == "nonzero":
            return torch.empty(x.numel(), x.dim(), dtype=torch.int64, device="meta")
        if name == "masked_select":
            return torch.empty(x.numel(), dtype=x.dtype, device="meta")
        if name in ("_unique2", "unique_consecutive"):
            flags = call.args[1:] + tuple(call.kwargs.values())
            indices = x.numel() if any(flags) else 0
            sizes = (torch.empty(n, dtype=torch.int64, device="meta") for n in (indices, indices))
            return (torch.empty(x.numel(), dtype=x.dtype, device="meta"), *sizes)
    return NotImplemented


def _indexed(call: Operation) -> Any:
    """Masks become the places that they mark."""
    x, indices = call.args[0], call.args[1]
    masks = [i is not None and i.dtype in (torch.bool, torch.uint8) for i in indices]
    if x.device.type != "cuda" or not any(masks):
        return NotImplemented
    places: list[Any] = []
    with call.seen():
        for index, masked in zip(indices, masks):
            if masked:
                places.extend(torch.nonzero(index).unbind(1))
            else:
                places.append(index)
        return torch.ops.aten.index.Tensor(x, places)


def _packed(call: Operation) -> Any:
    """Steps of sequences that are equally many lie together; their pieces are copied, then joined."""
    x, lengths, batch_first = call.args[:3]  # noqa: RUF059
    known = shadows.of(lengths)
    if x.device.type != "cuda" or known is None:
        return NotImplemented
    with shadows.real():
        sizes = [int(n) for n in known.tolist()]
        counts = [sum(1 for n in sizes if n > step) for step in range(max(sizes))]
        value = torch.tensor(counts)
    row = int(x.shape[2:].numel()) * x.element_size()
    pieces = [counts.count(n) * n * row for n in sorted(set(counts), reverse=True) if n > 1]
    held = [call.malloc(size) for size in pieces]
    with call.seen():
        data = torch.empty((sum(counts), *x.shape[2:]), dtype=x.dtype, device=x.device)
        batches = torch.empty(len(counts), dtype=torch.int64)
    call.free(*held)
    shadows.give(batches, value)
    return data, batches


RULES = {"aten::" + name: _found for name in ("nonzero", "masked_select", "_unique2", "unique_consecutive", "bincount")}
RULES["aten::index"] = _indexed
RULES["aten::_pack_padded_sequence"] = _packed
