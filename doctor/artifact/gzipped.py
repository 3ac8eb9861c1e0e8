"""Gzip as a Stream: isal's inflate (three times as fast as zlib), several members, output bounded at each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, cast

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.stream import Stream

_INPUT = 1 << 18
_OUTPUT = 1 << 20


class Inflater:
    """Pulls inflated bytes out of a gzip file. ``consumed`` counts the compressed bytes read so far."""

    def __init__(self, file: IO[bytes], watch: Callable[[int], None] | None = None) -> None:
        from isal import isal_zlib

        self._zlib = isal_zlib
        self._damage = cast("type[Exception]", isal_zlib.error)
        self._file = file
        self._watch = watch
        self._machine = isal_zlib.decompressobj(wbits=31)
        self._waiting = b""
        self.consumed = 0

    def pull(self, count: int) -> bytes:
        """Return at most about `count` bytes, b"" at the end; Unreadable where the file is damaged or ends early."""
        while True:
            if self._machine.eof and not self._next_member():
                return b""
            if not self._waiting and not self._refill() and not self._machine.eof:
                raise EndsEarly(f"the gzip stream ends early, after {self.consumed} bytes")
            try:
                data: bytes = self._machine.decompress(self._waiting, min(max(count, 1), _OUTPUT))
            except self._damage as error:
                raise Unreadable(f"the gzip stream is damaged near byte {self.consumed}: {error}") from None
            self._waiting = self._machine.unconsumed_tail
            if data:
                return data

    def _refill(self) -> bool:
        self._waiting = self._file.read(_INPUT)
        self.consumed += len(self._waiting)
        if self._watch:
            self._watch(self.consumed)
        return bool(self._waiting)

    def _next_member(self) -> bool:
        """Start on the next member where one follows; zeros that pad the file are no member."""
        rest = (self._machine.unused_data or self._waiting).lstrip(b"\0")
        while not rest and self._refill():
            rest = self._waiting.lstrip(b"\0")
        if not rest.startswith(b"\x1f\x8b"):
            self._waiting = b""
            return False
        self._waiting = rest
        self._machine = self._zlib.decompressobj(wbits=31)
        return True


Pull = Callable[[int], bytes]


def inflated(
    file: IO[bytes], watch: Callable[[int], None] | None = None, guard: Callable[[Pull], Pull] | None = None
) -> Stream:
    """Return the inflated bytes of a gzip file; `watch` is told the compressed bytes read, `guard` wraps each pull."""
    pull = Inflater(file, watch).pull
    return Stream(guard(pull) if guard else pull, None)
