"""
A tar archive as it passes: headers, long names, pax records, and a stream for each regular file.

Written out because the standard library's reader believes the sizes that headers claim (a long name of 8 GiB is read
into memory) and costs 10 ms to import. The format is that of POSIX.1-2001 (pax) with GNU's extensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from doctor.artifact.tree import Kind
from doctor.errors import EndsEarly, Unreadable
from doctor.formats.stream import Stream

BLOCK = 512
LONGEST_EXTENSION = 1 << 20  # bytes of a long name or of pax records that are believed

_KINDS: dict[bytes, Kind] = {
    b"0": "file", b"\0": "file", b"7": "file", b"S": "file",
    b"1": "hardlink", b"2": "symlink", b"5": "directory",
    b"3": "device", b"4": "device", b"6": "device",
}  # fmt: skip
_BODILESS = frozenset({"hardlink", "symlink", "directory", "device"})


class Header(NamedTuple):
    """One entry of a tar archive: its name as spelled there, kind, size in bytes, mode bits, link target and owner."""

    name: str
    kind: Kind
    size: int
    mode: int
    target: str
    owner: int = 0


def is_tar(block: bytes) -> bool:
    """Say whether 512 bytes are a tar header with a right checksum, or the zeros of an empty archive's end."""
    if len(block) < BLOCK:
        return False
    if not block.strip(b"\0"):
        return True
    try:
        claimed = _number(block[148:156])
    except Unreadable:
        return False
    return claimed == sum(block[:148]) + 8 * 32 + sum(block[156:BLOCK])


def entries(stream: Stream) -> Iterator[tuple[Header, Stream]]:
    """
    Yield each entry with a stream of its bytes; what the caller leaves of them is skipped.

    Raises Unreadable where a header is damaged or the archive ends early.
    """
    extended: dict[str, str] = {}
    while True:
        block = stream.read(BLOCK) if not stream.at_end() else b""
        if not block.strip(b"\0"):
            return
        if not is_tar(block):
            raise Unreadable(f"damaged tar header at byte {stream.offset - BLOCK}")
        flag, size = block[156:157], _number(block[124:136])
        if flag in b"LKxg" and flag:
            extended.update(_extension(flag, _body(stream, size)))
            continue
        header = _header(block, size, extended)
        extended = {k: v for k, v in extended.items() if k.startswith("global ")}
        end = stream.offset + header.size
        yield header, _part(stream, header.size)
        stream.skip(end - stream.offset + -header.size % BLOCK)


def _part(stream: Stream, size: int) -> Stream:
    end = stream.offset + size

    def pull(count: int) -> bytes:
        count = min(count, end - stream.offset)
        if count <= 0:
            return b""
        data = stream.some(count)
        if not data:
            raise EndsEarly(f"the archive ends {end - stream.offset} bytes before the end of this file")
        return data

    return Stream(pull, size, stream.skip)


def _body(stream: Stream, size: int) -> bytes:
    if size > LONGEST_EXTENSION:
        raise Unreadable(f"claims a name of {size} bytes at byte {stream.offset}")
    body = stream.read(size)
    stream.skip(-size % BLOCK)
    return body


def _extension(flag: bytes, body: bytes) -> dict[str, str]:
    if flag in b"LK":
        return {"path" if flag == b"L" else "linkpath": _text(body.rstrip(b"\0"))}
    prefix = "global " if flag == b"g" else ""
    return {prefix + key: value for key, value in _pax(body)}


def _pax(body: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(body):
        space = body.find(b" ", at, at + 20)
        digits = body[at:space] if space > 0 else b""
        if not digits.isdigit() or int(digits) <= len(digits):
            return  # padding, or records that nobody can read: the plain header stands
        key, _, value = body[space + 1 : at + int(digits) - 1].partition(b"=")
        yield _text(key), _text(value)
        at += int(digits)


def _header(block: bytes, size: int, extended: dict[str, str]) -> Header:
    def said(key: str) -> str:
        return extended.get(key) or extended.get("global " + key) or ""

    name = said("path") or said("GNU.sparse.name") or _plain_name(block)
    kind: Kind = _KINDS.get(block[156:157], "file")
    if kind == "file" and name.endswith("/"):
        kind = "directory"
    if said("size").isdigit() and len(said("size")) < 20:
        size = int(said("size"))
    if kind in _BODILESS:
        size = 0
    target = said("linkpath") or _text(block[157:257].split(b"\0", 1)[0])
    link = target if kind.endswith("link") else ""
    return Header(name, kind, size, _number(block[100:108]) & 0o7777, link, _owner(block, said("uid")))


def _plain_name(block: bytes) -> str:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return _text(prefix + b"/" + name if prefix else name)


def _owner(block: bytes, said: str) -> int:
    """The user's number; 0 where the field is damaged: nothing but who may read it rests on it."""
    if said.isdigit() and len(said) < 20:
        return int(said)
    try:
        return _number(block[108:116])
    except Unreadable:
        return 0


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _number(field: bytes) -> int:
    """Octal text, or GNU's base-256 where the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else 0
    digits = field.replace(b"\0", b" ").strip()
    if not digits:
        return 0
    try:
        return int(digits, 8)
    except ValueError:
        raise Unreadable(f"{digits!r} is no octal number") from None
