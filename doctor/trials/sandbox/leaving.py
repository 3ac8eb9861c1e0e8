"""Leaving in order: what was made outside this process is removed on every way out that a process is told of."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Ending:
    """While it is on, SIGTERM and SIGHUP end doctor by way of an exception, so that what it made is removed."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ENDING:
            if signal.getsignal(number) == signal.SIG_DFL:
                self._before[number] = signal.signal(number, _leave)

    def off(self) -> None:
        """Have signals mean again what they meant before."""
        if threading.current_thread() is threading.main_thread():
            for number, before in self._before.items():
                if signal.getsignal(number) is _leave:
                    signal.signal(number, before)
        self._before = {}


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back Ctrl-C and the end of doctor until something is removed; then let them have their way."""
    came: list[int] = []
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *_ENDING):
            before[number] = signal.getsignal(number)
            signal.signal(number, lambda n, _frame: came.append(n))
    try:
        yield
    finally:
        for number, what in before.items():
            signal.signal(number, what)
        for number in came[:1]:
            signal.raise_signal(number)
