"""Reads Universal Binary JSON while it passes, in constant memory: long arrays and unwanted branches are skipped."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.stream import Stream

DEEPEST = 64
LONGEST_TEXT = 1 << 20
LONGEST_KEPT = 1 << 16  # elements of an array that is kept
MOST_VALUES = 20_000_000

_INTEGERS = {b"i": (1, True), b"U": (1, False), b"I": (2, True), b"l": (4, True), b"L": (8, True)}
_FLOATS = {b"d": (4, ">f"), b"D": (8, ">d")}
_WIDTHS = {b"i": 1, b"U": 1, b"C": 1, b"I": 2, b"l": 4, b"L": 8, b"d": 4, b"D": 8, b"T": 0, b"F": 0, b"Z": 0}
_CONSTANTS = {b"T": True, b"F": False, b"Z": None}

Wanted = Callable[[tuple[str, ...]], bool]


class UBJSON:
    """
    A reader of one value.

    Args:
        stream: at the value's marker.
        wanted: says of a path of keys whether its value is kept; what isn't is skipped, and missing in the result.
    """

    def __init__(self, stream: Stream, wanted: Wanted) -> None:
        self._stream = stream
        self._wanted = wanted
        self._values = 0

    def value(self) -> Any:
        """Consume the value and return what is wanted of it."""
        return self._value(self._stream.read(1), (), keep=True)

    def _value(self, marker: bytes, path: tuple[str, ...], *, keep: bool) -> Any:
        self._values += 1
        if self._values > MOST_VALUES or len(path) > DEEPEST:
            raise Unreadable(f"more than {MOST_VALUES} values, or {DEEPEST} levels of them")
        if marker == b"{":
            return self._object(path, keep=keep)
        if marker == b"[":
            return self._array(path, keep=keep)
        if marker in {b"S", b"H"}:
            return self._text(keep=keep)
        return self._scalar(marker)

    def _scalar(self, marker: bytes) -> Any:
        if marker in _INTEGERS:
            width, signed = _INTEGERS[marker]
            return int.from_bytes(self._stream.read(width), "big", signed=signed)
        if marker in _FLOATS:
            width, code = _FLOATS[marker]
            return struct.unpack(code, self._stream.read(width))[0]
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker == b"C":
            return self._stream.read(1).decode("latin-1")
        raise Unreadable(f"an unknown marker {marker!r} at byte {self._stream.offset}")

    def _length(self) -> int:
        marker = self._stream.read(1)
        value = self._scalar(marker) if marker in _INTEGERS else -1
        if not isinstance(value, int) or value < 0:
            raise Unreadable(f"a length that is none at byte {self._stream.offset}")
        return value

    def _text(self, *, keep: bool) -> str:
        length = self._length()
        if not keep or length > LONGEST_TEXT:
            self._stream.skip(length)
            return ""
        return self._stream.read(length).decode("utf-8", "replace")

    def _object(self, path: tuple[str, ...], *, keep: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        kind, left = self._header()
        while left != 0:
            if left is None and self._stream.peek(1) == b"}":
                self._stream.read(1)
                break
            key = self._text(keep=True)
            below = (*path, key)
            kept = keep and self._wanted(below)
            value = self._value(kind or self._stream.read(1), below, keep=kept)
            if kept:
                found[key] = value
            left = left - 1 if left is not None else None
        return found

    def _array(self, path: tuple[str, ...], *, keep: bool) -> list[Any]:
        kind, left = self._header()
        if kind in _WIDTHS and left is not None and not (keep and left <= LONGEST_KEPT):
            self._stream.skip(left * _WIDTHS[kind])
            return []
        found: list[Any] = []
        below = (*path, "[]")
        while left != 0:
            if left is None and self._stream.peek(1) == b"]":
                self._stream.read(1)
                break
            value = self._value(kind or self._stream.read(1), below, keep=keep)
            if keep and len(found) < LONGEST_KEPT:
                found.append(value)
            left = left - 1 if left is not None else None
        return found

    def _header(self) -> tuple[bytes, int | None]:
        """The type and count that an optimised container names first."""
        kind = b""
        if self._stream.peek(1) == b"$":
            self._stream.read(1)
            kind = self._stream.read(1)
        if self._stream.peek(1) != b"#":
            if kind:
                raise Unreadable(f"a typed container without a count at byte {self._stream.offset}")
            return b"", None
        self._stream.read(1)
        return kind, self._length()
