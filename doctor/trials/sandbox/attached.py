"""What a process in a container writes: both streams as the engine sends them, bounded, without waiting for ever."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

LOG_TAIL = 64 << 10
LOG_HEAD = 16 << 10
_FRAME = 8
_READ = 1 << 16


class Log:
    """The first and the last part of an endless text."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._lost = 0

    def add(self, data: bytes) -> None:
        """Take in what was written."""
        room = LOG_HEAD - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room < len(data) else b""
        if len(self._tail) > 2 * LOG_TAIL:
            self._lost += len(self._tail) - LOG_TAIL
            del self._tail[:-LOG_TAIL]

    def text(self) -> str:
        """Return it, with a line in the place of what was lost, and nothing in it that a terminal would obey."""
        gap = f"\n… {self._lost} bytes left out …\n".encode() if self._lost else b""
        text = bytes(self._head + gap + self._tail).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        return text if text.isprintable() else "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


class Attached:
    """
    The two streams of a process in a container.

    Args:
        held: what the client gives for them; it owns the socket.
        most: bytes of both together that are taken.
        log: where all of them go, in place of a log of its own and a result channel.
    """

    def __init__(self, held: Any, most: int, log: Log | None = None) -> None:
        self._held = held
        self._socket = getattr(held, "_sock", held)  # of SocketIO, whose time limit can't be set
        self._waiting = bytearray()
        self._left = most
        self._log = log or Log()
        self._is_channel = log is None
        self.said = bytearray()
        self.is_at_end = False

    @property
    def log(self) -> str:
        """Its standard error as text."""
        return self._log.text()

    @property
    def is_flooded(self) -> bool:
        """Whether it wrote more than it may."""
        return self._left < 0

    def take(self, seconds: float) -> None:
        """Take in what comes within a time."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(_READ)
        except (TimeoutError, socket.timeout):  # noqa: UP041 - other classes before Python 3.10, and of tunnels
            return
        except OSError:
            data = b""
        self._waiting += data
        self.is_at_end = not data
        self._sort()

    def _sort(self) -> None:
        while len(self._waiting) >= _FRAME:
            kind, size = struct.unpack_from(">BxxxI", self._waiting)
            if len(self._waiting) < _FRAME + size:
                return
            data = bytes(self._waiting[_FRAME : _FRAME + size])
            del self._waiting[: _FRAME + size]
            self._left -= size
            if kind == 1 and self._is_channel:
                self.said += data[: max(self._left + size, 0)]
            else:
                self._log.add(data)

    def close(self) -> None:
        """Let go of the streams, although they may still be written to."""
        with contextlib.suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._held.close()
