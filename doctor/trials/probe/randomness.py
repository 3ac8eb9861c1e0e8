"""Which operators draw random numbers while a torch model answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_DRAWS = ("bernoulli", "dropout", "rand", "normal_", "aten.normal", "multinomial", "uniform_", "exponential_")


def drawn(call: Callable[[], Any]) -> list[str]:
    """Return the names of such operators in a call ("aten.bernoulli_.float"); [] where torch isn't there to say."""
    if "torch" not in sys.modules:
        return []
    try:
        from torch.utils import _python_dispatch as dispatch  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return []
    found: dict[str, None] = {}

    class Listening(dispatch.TorchDispatchMode):  # type: ignore[misc,unused-ignore]
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = str(func)
            if any(word in name for word in _DRAWS):
                found[name] = None
            return func(*args, **(kwargs or {}))

    try:
        with Listening():
            call()
    except Exception:
        return list(found)
    return list(found)
