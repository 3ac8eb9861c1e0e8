"""
Modules moved to the fake GPU as a real program moves them: one parameter after the other, ties kept where torch does.

``Module._apply`` swaps fake parameters in place, which fails for those that something refers to weakly; here they are
bound anew. Moving between CPU and GPU sets a parameter's data, so that tied ones stay tied; coming from the meta
device each place gets a tensor of its own (``to_empty``); buffers always do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules import recurrent


class _Moved:
    """Parameters by what they were, of one move of a whole module: what is tied stays tied."""

    def __init__(self) -> None:
        self.depth = 0
        self._parameters: dict[int, tuple[Any, Any]] = {}

    def parameter(self, old: Any, move: Callable[[Any], Any]) -> Any:
        known = self._parameters.get(id(old))
        if known is not None:
            return known[1]
        with torch.no_grad():
            value = move(old)
        if value is old or (value is not None and _same(value, old)):
            new = old
        else:
            new = torch.nn.Parameter(value, old.requires_grad)
            new.__dict__.update({k: v for k, v in old.__dict__.items() if k not in new.__dict__})
        if not (old.is_meta and not new.is_meta):
            self._parameters[id(old)] = (old, new)  # the old one is kept, so that nothing else gets its id
        return new


def _same(value: Any, old: Any) -> bool:
    return value.device == old.device and value.dtype == old.dtype and value.data_ptr is old.data_ptr


@contextlib.contextmanager
def rebinding() -> Iterator[None]:
    """Have modules bind moved parameters anew as long as it lasts."""
    before = torch.nn.Module._apply, torch.nn.RNNBase.flatten_parameters  # noqa: SLF001
    moved: list[_Moved] = []

    def apply(self: Any, fn: Callable[[Any], Any], recurse: bool = True) -> Any:  # noqa: FBT001, FBT002
        outermost = not moved
        if outermost:
            moved.append(_Moved())
        try:
            _bound(self, fn, moved[-1], recurse=recurse)
        finally:
            if outermost:
                moved.pop()
        return self

    torch.nn.Module._apply = apply  # noqa: SLF001
    torch.nn.RNNBase.flatten_parameters = recurrent.flatten
    try:
        yield
    finally:
        torch.nn.Module._apply, torch.nn.RNNBase.flatten_parameters = before  # noqa: SLF001


def _bound(module: Any, fn: Callable[[Any], Any], moved: _Moved, *, recurse: bool) -> None:
    if recurse:
        for child in module.children():
            child._apply(fn)  # noqa: SLF001
    for name, parameter in list(module._parameters.items()):  # noqa: SLF001
        if parameter is not None:
            module._parameters[name] = moved.parameter(parameter, fn)  # noqa: SLF001
    for name, buffer in list(module._buffers.items()):  # noqa: SLF001
        if buffer is not None:
            module._buffers[name] = fn(buffer)  # noqa: SLF001
