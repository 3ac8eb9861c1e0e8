"""
Values of small tensors, worked out on the CPU beside the fake ones, for programs that look at them.

``.item()``, ``bool(tensor)`` and indexing by a mask ask for values that fake tensors don't have. Masks, lengths,
positions and stop flags are small and mostly follow from each other, so they are computed. What follows from weights or
activations isn't known: an index that a search gives is spread over its range, a flag is False, a number 0.
"""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch.utils._python_dispatch import _disable_current_modes as real  # type: ignore[import-not-found,unused-ignore]
from torch.utils._pytree import tree_leaves, tree_map  # type: ignore[import-not-found,unused-ignore]

__all__ = ["compute", "follow", "give", "of", "real", "take_constant"]
_MOST_INTEGERS = 1 << 17
_MOST_FLOATS = 1 << 10
_SPREAD_FROM = 3  # what tokens stand for that end or pad a text is mostly below it
_NAME = "_doctor_value"
_SEARCHES = ("aten::argmax", "aten::argmin", "aten::multinomial", "aten::topk", "aten::sort", "aten::argsort")


class _Unknown(Exception):
    """An argument's value isn't known."""


def of(tensor: Any) -> Any:
    """Return a tensor's value; None where it isn't known."""
    if type(tensor) is torch.Tensor or type(tensor) is torch.nn.Parameter:
        return tensor if tensor.device.type == "cpu" else None
    value = getattr(tensor, _NAME, None)
    if value is None or getattr(value.untyped_storage(), "stale", False):
        return None
    return value


def give(tensor: Any, value: Any) -> None:
    """Say a tensor's value, where it has one."""
    if value.device.type == "cpu" and _small(value):
        setattr(tensor, _NAME, value)


def take_constant(tensor: Any) -> None:
    """Make a fake tensor's constant its value: fake mode would compute with it on a device that isn't there."""
    constant = getattr(tensor, "constant", None)
    if constant is not None:
        tensor.constant = None
        if constant.numel() <= _MOST_INTEGERS:
            setattr(tensor, _NAME, constant)


def follow(func: Any, args: Any, kwargs: Any, result: Any) -> None:
    """Work out the values of an operator's results, where they are small and its arguments' values are known."""
    outputs = [t for t in tree_leaves(result) if isinstance(t, torch.Tensor)]
    mutates = func._schema.is_mutable  # noqa: SLF001
    if not any(map(_small, outputs)):
        return
    try:
        if not _known(args):
            raise _Unknown
        values = compute(func, args, kwargs)
    except Exception:
        if mutates:
            _forget(args[:1])
        elif func._schema.name in _SEARCHES:  # noqa: SLF001
            _spread(args[0], outputs)
        return
    for output, value in zip(outputs, [t for t in tree_leaves(values) if isinstance(t, torch.Tensor)]):
        if output.shape == value.shape and type(output) is not torch.Tensor:
            setattr(output, _NAME, value)


def compute(func: Any, args: Any, kwargs: Any) -> Any:
    """Return what an operator gives for the arguments' values; raises where one isn't known."""
    with real(), torch.inference_mode():
        real_args = tree_map(_real, args)
        named = {k: _real(v) if not isinstance(v, (list, tuple)) else tree_map(_real, v) for k, v in kwargs.items()}
        if named.get("device") is not None:
            named["device"] = torch.device("cpu")
        named.pop("pin_memory", None)
        return func(*real_args, **named)


def _known(args: Any) -> bool:
    """Say whether the values of all tensors are known; without a look at more than lists of them."""
    for value in args:
        if isinstance(value, torch.Tensor):
            if of(value) is None:
                return False
        elif isinstance(value, (list, tuple)) and not _known(value):
            return False
    return True


def _real(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        found = of(value)
        if found is None:
            raise _Unknown
        return found
    if isinstance(value, torch.device):
        return torch.device("cpu")
    return value


def _small(tensor: Any) -> bool:
    whole = not tensor.dtype.is_floating_point and not tensor.dtype.is_complex
    return bool(tensor.numel() <= (_MOST_INTEGERS if whole else _MOST_FLOATS))


def _forget(tensors: Any) -> None:
    for tensor in tensors:
        value = getattr(tensor, _NAME, None) if isinstance(tensor, torch.Tensor) else None
        if value is not None:
            value.untyped_storage().stale = True


def _spread(searched: Any, outputs: list[Any]) -> None:
    """Give indices that a search found values over their range."""
    size = max(int(searched.shape[-1]) if searched.dim() else 1, 1)
    for output in outputs:
        if output.dtype == torch.int64 and _small(output):
            with real(), torch.inference_mode():
                found = (torch.arange(output.numel()) + _SPREAD_FROM) % size
                setattr(output, _NAME, found.reshape(output.shape))
