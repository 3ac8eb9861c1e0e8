"""Tells R's files (``.rds``, ``.RData``) as what they are, with the version of R that wrote them."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile
from doctor.formats.kinds.rdata import RData
from doctor.formats.stream import Stream

_HEAD = 1 << 16  # of compressed bytes: a bzip2 block may need more, and is then left unread
_ENOUGH = 256
_COMPRESSED: tuple[tuple[bytes, str], ...] = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return how a file of R's is written; its objects are not read."""
    head = stream.peek(min(_HEAD, size))
    compression = next((word for magic, word in _COMPRESSED if head.startswith(magic)), "")
    data = _inflated(head, compression)
    named = data[:4] in {b"RDX2", b"RDX3", b"RDA2", b"RDA3", b"RDB3"}
    body = data[5:] if named else data
    if body[:2] == b"X\n":
        facts = _binary(body[2:14], compression, named=named)
    elif body[:2] == b"A\n":
        facts = _text(body[2:], compression, named=named)
    elif body[:2] == b"B\n":
        facts = RData(compression, named)
    else:
        raise Unreadable(f"begins with {body[:8]!r}, which R doesn't write")
    return ModelFile(path, "r-data", size, {}, facts=facts)


def _inflated(head: bytes, compression: str) -> bytes:
    makers: dict[str, Callable[[], bytes]] = {
        "": lambda: head[:_ENOUGH],
        "gzip": lambda: zlib.decompressobj(31).decompress(head, _ENOUGH),
        "bzip2": lambda: bz2.BZ2Decompressor().decompress(head, _ENOUGH),
        "xz": lambda: lzma.LZMADecompressor(memlimit=256 << 20).decompress(head, _ENOUGH),
    }
    try:
        data = makers[compression]()
    except (OSError, EOFError, lzma.LZMAError, zlib.error, MemoryError) as error:
        raise Unreadable(f"its {compression} data can't be inflated: {error}") from None
    if len(data) < 7:
        raise Unreadable("too little of it can be inflated to tell what it is")
    return data


def _binary(fields: bytes, compression: str, *, named: bool) -> RData:
    if len(fields) < 12:
        raise Unreadable("ends within its header")
    layout, writer, oldest = (int.from_bytes(fields[i : i + 4], "big") for i in (0, 4, 8))
    if not 1 <= layout <= 9:
        raise Unreadable(f"names version {layout} of R's serialization")
    return RData(compression, named, layout, _version(writer), _version(oldest))


def _text(body: bytes, compression: str, *, named: bool) -> RData:
    numbers = re.match(rb"(\d)\n(\d{1,9})\n(\d{1,9})\n", body)
    if not numbers:
        return RData(compression, named)
    return RData(compression, named, int(numbers[1]), _version(int(numbers[2])), _version(int(numbers[3])))


def _version(packed: int) -> str:
    return f"{packed >> 16}.{packed >> 8 & 255}.{packed & 255}"
