"""Compressed files as streams: what joblib writes with compress=…; inflated in pieces, and never beyond reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.stream import Stream

_INPUT = 1 << 16
_PIECE = 1 << 20
# Zeros compress about 1000 to 1 with zlib; beyond both, nobody packed it on purpose.
_BOMB_BYTES, _BOMB_RATIO = 4 << 30, 1100

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"]\x00\x00", "lzma"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"ZF0x", "zlib-old"),
    (b"x", "zlib"),
)


def compression(head: bytes) -> str:
    """Return the word of what compresses a file, by its first bytes; "" for a plain one."""
    return next((word for magic, word in _MAGIC if head.startswith(magic)), "")


def inflated(stream: Stream, word: str) -> Stream:
    """
    Return the inflated bytes of a compressed stream.

    Args:
        stream: at its first byte.
        word: as `compression` says.

    Reads of the result raise Unreadable where the data is damaged, EndsEarly where it is cut short.
    """
    if word == "zlib-old":
        stream.read(2 + 19)  # joblib before 0.10: "ZF" and the length as 19 characters of hexadecimal text
    return Stream(_Inflater(stream, *_machine(word)).pull, None)


def _machine(word: str) -> tuple[Any, tuple[type[Exception], ...], bool]:
    """The decompressor, the errors that it raises, and whether it keeps the input that it has not used yet."""
    if word in {"gzip", "zlib", "zlib-old"}:
        import zlib

        return zlib.decompressobj(31 if word == "gzip" else 15), (zlib.error,), False
    if word == "bz2":
        import bz2

        return bz2.BZ2Decompressor(), (OSError, ValueError), True
    if word == "lz4":
        from lz4.frame import LZ4FrameDecompressor

        return LZ4FrameDecompressor(), (RuntimeError, ValueError, EOFError), True
    import lzma

    form = lzma.FORMAT_XZ if word == "xz" else lzma.FORMAT_ALONE
    return lzma.LZMADecompressor(form, memlimit=256 << 20), (lzma.LZMAError, ValueError, EOFError), True


class _Inflater:
    def __init__(self, stream: Stream, machine: Any, errors: tuple[type[Exception], ...], keeps: bool) -> None:  # noqa: FBT001
        self._stream = stream
        self._machine = machine
        self._errors = errors
        self._inflate: Callable[[int], bytes] = self._keeping if keeps else self._giving_back
        self._consumed = 0
        self._produced = 0

    def pull(self, count: int) -> bytes:
        if self._machine.eof:
            return b""
        data = b""
        while not data and not self._machine.eof:
            data = self._piece(min(max(count, 1), _PIECE))
        self._produced += len(data)
        if self._produced > _BOMB_BYTES and self._produced > _BOMB_RATIO * self._consumed:
            raise Unreadable(f"{self._consumed} compressed bytes unpack to more than {self._produced}")
        return data

    def _piece(self, count: int) -> bytes:
        try:
            return self._inflate(count)
        except MemoryError:
            raise Unreadable("its compressed data asks for too much memory") from None
        except self._errors as error:
            raise Unreadable(f"its compressed data is damaged: {error}") from None

    def _more(self) -> bytes:
        data = self._stream.some(_INPUT)
        if not data:
            raise EndsEarly(f"its compressed data ends early, after {self._consumed} bytes")
        self._consumed += len(data)
        return data

    def _keeping(self, count: int) -> bytes:
        """Of bz2, lzma and lz4: the decompressor keeps input that it has not used."""
        data: bytes = self._machine.decompress(self._more() if self._machine.needs_input else b"", count)
        return data

    def _giving_back(self, count: int) -> bytes:
        """Of zlib: the rest of the input is handed back."""
        data: bytes = self._machine.decompress(self._machine.unconsumed_tail or self._more(), count)
        return data
