"""How the modules of PyTorch were made, so that one of the same class can be made anew, as a script would."""

from __future__ import annotations

import copy
from typing import Any

_MADE: dict[type, tuple[tuple[Any, ...], dict[str, Any]]] = {}


def record(module: Any) -> None:
    """
    Remember from now on with what arguments each class of modules is called.

    Args:
        module: ``torch.nn.modules.module``, as soon as it is imported.
    """
    kind = module.Module
    if "__new__" in vars(kind):
        return

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or cls not in _MADE:  # copies and unpickled modules come without arguments
            _MADE[cls] = (args, kwargs)
        after = super(kind, cls).__new__
        return after(cls) if after is object.__new__ else after(cls, *args, **kwargs)

    kind.__new__ = new


def again(model: Any) -> Any:
    """
    Return a new module of a model's class, made with the arguments that its class was called with.

    None where that isn't known, or where it can't be made so again.
    """
    if type(model).__module__.startswith("torch.nn.modules.container") or type(model) not in _MADE:
        return None
    args, kwargs = _MADE[type(model)]
    try:
        return type(model)(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    except Exception:
        return None
