"""Leaving in order: what was made outside this process is removed on every way out that a process is told of."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_PATIENCE = 15.0  # seconds in which what was made is removed, at the longest; then a signal ends doctor again


class Ending:
    """
    While it is on, Ctrl-C, SIGTERM and SIGHUP end doctor by way of an exception, so that what it made is removed.

    Only the first of them does: a second one, of someone impatient, could hit just before the removal begins.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._told: float | None = None
        if threading.current_thread() is not threading.main_thread():
            return
        for number, usual in ((signal.SIGINT, signal.default_int_handler), *((n, signal.SIG_DFL) for n in _ENDING)):
            if signal.getsignal(number) == usual:
                self._before[number] = signal.signal(number, self._leave)

    def off(self) -> None:
        """Have signals mean again what they meant before."""
        if threading.current_thread() is threading.main_thread():
            for number, before in self._before.items():
                if signal.getsignal(number) == self._leave:
                    signal.signal(number, before)
        self._before = {}

    def _leave(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._told is not None and now - self._told < _PATIENCE:
            return
        self._told = now
        if number == signal.SIGINT:
            signal.default_int_handler(number, frame)
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
