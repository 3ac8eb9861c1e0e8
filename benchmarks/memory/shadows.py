"""
Values on the phantom runtime: what reads back from it is zero, so small tensors have a shadow on the CPU.

Programs look at values: whether a mask is all ones, which tokens are padding. A shadow follows each small tensor whose
value can be known: made of numbers, drawn at random, or computed of such. What is computed of weights stays unknown,
and reads back as zero. Calls are followed where Python makes them and run as they are: a mode of the dispatcher would
change which way operators go below, and with it what memory they take.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

LARGEST = 1 << 16  # elements of a tensor that has a shadow
EMPTY = {"empty", "empty_like", "empty_strided", "new_empty", "empty_permuted", "new_empty_strided"}
READ = {"item", "tolist", "__bool__", "__int__", "__float__", "__index__", "__contains__", "equal", "is_nonzero"}
OVERWRITTEN = {"zero_", "fill_", "copy_", "normal_", "uniform_", "random_", "bernoulli_"}
WRITING = {"__setitem__", "__iadd__", "__isub__", "__imul__", "__itruediv__", "__iand__", "__ior__", "__ixor__"}
NAME = "_value_on_cpu"


class Shadows(TorchFunctionMode):
    """Computes small tensors a second time, on the CPU, and answers with those values where a program asks for one."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if name == "__get__":  # an attribute: shape, device, data ...
            return func(*args, **kwargs)
        if name in OVERWRITTEN and args and isinstance(args[0], torch.Tensor):
            _overwritten(args[0])
        given = _tensors((args, kwargs))
        known = name not in EMPTY and all(_shadow(each) is not None for each in given)
        answer = func(*args, **kwargs)
        made = _tensors(answer)
        if not any(each.is_cuda for each in given + made):
            return answer
        known = known and all(each.numel() <= LARGEST for each in made)
        values = _again(func, args, kwargs) if known and (made or name in READ or _writes(name)) else None
        if values is None and _writes(name):
            _forget(given[:1])
        if values is None:
            return answer
        return values if name in READ else _paired(answer, values)


def _overwritten(tensor: torch.Tensor) -> None:
    """What is written over needs no value from before."""
    if tensor.is_cuda and tensor.numel() <= LARGEST and _shadow(tensor) is None:
        _give(tensor, torch.empty(tensor.shape, dtype=tensor.dtype))


def _tensors(value: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def _writes(name: str) -> bool:
    return name in WRITING or (name.endswith("_") and not name.endswith("__"))


def _shadow(tensor: torch.Tensor) -> torch.Tensor | None:
    if not tensor.is_cuda:
        return tensor
    found: torch.Tensor | None = getattr(tensor, NAME, None)
    return None if found is None or found.untyped_storage().data_ptr() in STALE else found


STALE: set[int] = (
    set()
)  # storages of shadows that something unknown was written to; they stay, so that none has their place
KEPT: list[torch.Tensor] = []


def _give(tensor: torch.Tensor, value: torch.Tensor | None) -> None:
    setattr(tensor, NAME, value)


def _forget(tensors: list[torch.Tensor]) -> None:
    """Something unknown was written to tensors: neither they nor what shares their memory have a value any more."""
    for each in tensors:
        value = getattr(each, NAME, None)
        if value is not None and value.numel():
            STALE.add(value.untyped_storage().data_ptr())
            KEPT.append(value)


def _again(func: Any, args: Any, kwargs: Any) -> Any:
    """Return what a function gives for values; None where it can't."""
    try:
        answer = func(*tree_map(_valued, args), **_valued_keywords(func, kwargs))
    except (RuntimeError, NotImplementedError, IndexError, TypeError):
        return None
    return () if answer is None else answer  # what is written to gives nothing


def _valued_keywords(func: Any, kwargs: Any) -> Any:
    """A device that isn't said may be the default one: ``with torch.device("cuda")``."""
    found = {name: tree_map(_valued, value) for name, value in kwargs.items()}
    if func in (torch.tensor, torch.arange, torch.ones, torch.zeros, torch.full):
        found["device"] = "cpu"
    return found


def _valued(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return _shadow(value)
    if isinstance(value, torch.device) or (isinstance(value, str) and value.startswith("cuda")):
        return torch.device("cpu")
    return value


def _paired(answer: Any, values: Any) -> Any:
    """Give results their values, and return what came to the CPU with its own."""
    if isinstance(answer, (list, tuple)) and isinstance(values, (list, tuple)) and len(answer) == len(values):
        pairs = [_paired(*pair) for pair in zip(answer, values, strict=True)]
        return answer if all(a is b for a, b in zip(answer, pairs, strict=True)) else type(answer)(pairs)
    if not isinstance(answer, torch.Tensor) or not isinstance(values, torch.Tensor):
        return answer
    if (values.shape, values.dtype) != (answer.shape, answer.dtype):
        return answer
    if not answer.is_cuda:
        return values
    _give(answer, values)
    return answer
