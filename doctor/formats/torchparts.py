"""What the pickle of a PyTorch file calls, and which attributes PyTorch's own objects in it have."""

from __future__ import annotations

from typing import Any

from doctor.formats.inert import Call, Persistent, brief
from doctor.formats.kinds.base import Symbol
from doctor.formats.kinds.pickled import Called, Part
from doctor.formats.opcodes import Scan

_MOST = 1_000


class Parts:
    """Gathers PyTorch's objects while their pickle is read: give `built` to ``scan``."""

    def __init__(self) -> None:
        self._known: dict[Part, None] = {}

    def built(self, call: Call) -> None:
        """Note an object that has got its state."""
        symbol = _class(call.function)
        if symbol is not None and len(self._known) < _MOST:
            names = call.state if isinstance(call.state, dict) else ()  # another state is given to __setstate__
            self._known[Part(symbol, frozenset(k for k in names if isinstance(k, str)))] = None

    @property
    def all(self) -> tuple[Part, ...]:
        """One of each kind."""
        return tuple(self._known)


def _class(value: Any) -> Symbol | None:
    """Return a class of PyTorch's as it is named, or as the format before zip names it."""
    if isinstance(value, Persistent) and isinstance(value.id, tuple) and len(value.id) > 1:
        value = value.id[1]
    return value if isinstance(value, Symbol) and value.module.startswith("torch.") else None


def calls(pickle: Scan) -> tuple[Called, ...]:
    """Return what loading a pickle calls."""
    return tuple(Called(s, brief(c.args)) for s, c in list(pickle.applied.items())[:_MOST])
