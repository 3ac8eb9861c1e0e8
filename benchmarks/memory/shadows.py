"""
Values on the phantom runtime: what reads back from it is zero, so small tensors have a shadow on the CPU.

Programs look at values: whether a mask is all ones, which tokens are padding. A shadow follows each small tensor whose
value can be known: made of numbers, drawn at random, or computed of such. What is computed of weights stays unknown,
and reads back as zero. Nothing of it touches the device's memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

LARGEST = 1 << 16  # elements of a tensor that has a shadow
EMPTY = {"aten::empty", "aten::empty_strided", "aten::empty_like", "aten::new_empty", "aten::empty_permuted"}
READ = {"aten::_local_scalar_dense", "aten::item", "aten::is_nonzero"}
OVERWRITTEN = {f"aten::{name}_" for name in ("zero", "fill", "copy", "normal", "uniform", "random", "bernoulli")}
NAME = "_value_on_cpu"


class Shadows(TorchDispatchMode):
    """Computes small tensors a second time, on the CPU, and answers with those values where a program asks for one."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        kwargs, name = kwargs or {}, func._schema.name  # noqa: SLF001
        if name in OVERWRITTEN and args[0].numel() <= LARGEST and _shadow(args[0]) is None:
            _give(args[0], torch.empty(args[0].shape, dtype=args[0].dtype))
        given = _tensors((args, kwargs))
        known = name not in EMPTY and all(_shadow(each) is not None for each in given)
        if name in READ and known:
            return func(_shadow(args[0]))
        answer = func(*args, **kwargs)
        made = _tensors(answer)
        if not any(each.device.type == "cuda" for each in given + made):
            return answer
        known = known and all(each.numel() <= LARGEST for each in made)
        values = _again(func, args, kwargs) if known else None
        if values is None and func._schema.is_mutable:  # noqa: SLF001
            _forget(made)
        return _paired(answer, values) if values is not None else answer


class Numbers(TorchFunctionMode):
    """Gives tensors that are made of numbers their values: ``torch.tensor`` copies below the other mode."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        kwargs = kwargs or {}
        answer = func(*args, **kwargs)
        made = func in (torch.tensor, torch.as_tensor, torch.asarray) and answer.numel() <= LARGEST
        if made and _shadow(answer) is None:
            _give(answer, func(*args, **{**kwargs, "device": "cpu"}))
        return answer


@contextlib.contextmanager
def values() -> Iterator[None]:
    """Keep values of small tensors."""
    with Numbers(), Shadows():
        yield


def _tensors(value: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def _shadow(tensor: torch.Tensor) -> torch.Tensor | None:
    if tensor.device.type != "cuda":
        return tensor
    found: torch.Tensor | None = getattr(tensor, NAME, None)
    return None if found is None or getattr(found.untyped_storage(), "stale", False) else found


def _give(tensor: torch.Tensor, value: torch.Tensor | None) -> None:
    setattr(tensor, NAME, value)


def _forget(tensors: list[torch.Tensor]) -> None:
    """Something unknown was written to tensors: neither they nor what shares their memory have a value any more."""
    for each in tensors:
        value = getattr(each, NAME, None)
        if value is not None:
            value.untyped_storage().stale = True


def _again(func: Any, args: Any, kwargs: Any) -> Any:
    """Return what an operator gives for values; None where it can't."""
    try:
        return func(*tree_map(_valued, args), **tree_map(_valued, kwargs))
    except (RuntimeError, NotImplementedError, IndexError):
        return None


def _valued(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return _shadow(value)
    return torch.device("cpu") if isinstance(value, torch.device) else value


def _paired(answer: Any, values: Any) -> Any:
    """Give results their values, and return what came to the CPU with its own."""
    if isinstance(answer, (list, tuple)) and isinstance(values, (list, tuple)) and len(answer) == len(values):
        return type(answer)(map(_paired, answer, values))
    if not isinstance(answer, torch.Tensor) or not isinstance(values, torch.Tensor):
        return answer
    if (values.shape, values.dtype) != (answer.shape, answer.dtype):
        return answer
    if answer.device.type != "cuda":
        return values
    _give(answer, values)
    return answer
