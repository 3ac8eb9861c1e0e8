"""
A zip read forwards, entry by entry, as its bytes pass: for a zip inside a .tar.gz, whose index comes too late.

Entries of known size are skipped by arithmetic. PyTorch's writer puts sizes behind the data (a data descriptor): the
end of such an entry is the descriptor that gives the very number of bytes that have passed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from struct import Struct
from typing import NamedTuple

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.stream import Stream

LOCAL, DESCRIPTOR = b"PK\x03\x04", b"PK\x07\x08"
CENTRAL, END, END_64, LOCATOR_64 = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
STORED, DEFLATED = 0, 8
MOST_ENTRIES = 1 << 20
MOST_INFLATED = 1 << 30  # of an entry that doesn't say its size
MOST_LOOKALIKES = 1 << 20  # signatures inside data
WINDOW = 1 << 18
LONGEST_DESCRIPTOR = 32  # with the signature that follows it

_HEADER = Struct("<4sHHHHHIIIHH")
_CENTRAL = Struct("<4s24xHHH12x")
_ENCRYPTED, _SIZES_BEHIND = 1, 8
_IN_EXTRA = 0xFFFFFFFF
_DESCRIPTOR_32, _DESCRIPTOR_64 = Struct("<4sIII"), Struct("<4sIQQ")
_NEXT = (LOCAL, CENTRAL)


class Entry(NamedTuple):
    """
    One file of a zip.

    Args:
        name: as the zip spells it.
        method: of compression; 0 for none.
        size: bytes once inflated, None where they are only said behind the data.
        body: its bytes, inflated; what isn't read of it is passed over.
    """

    name: str
    method: int
    size: int | None
    body: Stream


def entries(stream: Stream, known: Callable[[str], int | None] | None = None) -> Iterator[Entry]:
    """
    Yield the files of a zip, in their order; an entry's body is to be read before the next is asked for.

    Args:
        stream: at the first byte of the zip; at its end afterwards.
        known: bytes of a stored entry whose size isn't said before its data, where the caller knows them.

    Raises:
        Unreadable: the bytes are no zip, or end before its index does.
    """
    count = 0
    while stream.peek(4) == LOCAL:
        count += 1
        if count > MOST_ENTRIES:
            raise Unreadable(f"holds more than {MOST_ENTRIES} entries")
        walked = _Walked(stream, known)
        yield Entry(walked.name, walked.method, walked.size, walked.body)
        walked.finish()
    _index(stream, count)


def _index(stream: Stream, count: int) -> None:
    """Pass the index, so that a zip cut short is told from a whole one."""
    listed = 0
    while stream.peek(4) == CENTRAL:
        _, name, extra, comment = _CENTRAL.unpack(stream.read(_CENTRAL.size))
        stream.skip(name + extra + comment)
        listed += 1
    if stream.peek(4) == END_64:
        stream.skip(4)
        stream.skip(int.from_bytes(stream.read(8), "little"))
    if stream.peek(4) == LOCATOR_64:
        stream.skip(20)
    if stream.peek(4) != END:
        where = f"at byte {stream.offset}, after {count} entries"
        if len(stream.peek(4)) < 4:
            raise EndsEarly(f"ends {where}, before its index does")
        raise Unreadable(f"{stream.peek(4)!r} {where}, where the index of a zip is due")
    if listed < count:
        raise Unreadable(f"holds {count} entries, its index lists {listed}")
    stream.skip(20)
    stream.skip(int.from_bytes(stream.read(2), "little"))


class _Walked:
    """An entry while it passes."""

    def __init__(self, stream: Stream, known: Callable[[str], int | None] | None) -> None:
        self.stream = stream
        start = stream.offset
        _, _, flags, self.method, _, _, _, packed, size, name, extra = _HEADER.unpack(stream.read(_HEADER.size))
        self.name = stream.read(name).decode("utf-8" if flags & 0x800 else "latin-1", "replace")
        fields = stream.read(extra)
        if flags & _ENCRYPTED:
            raise Unreadable(f"{self.name} at byte {start} is encrypted")
        if _IN_EXTRA in {packed, size}:
            size, packed = _large(fields, size, packed)
        self.described = bool(flags & _SIZES_BEHIND)
        self.packed: int | None = packed
        self.size: int | None = size
        if self.described and packed == size == 0:
            self.packed = self.size = known(self.name) if known and self.method == STORED else None
        self.body, self._rest = self._open()

    def finish(self) -> None:
        """Pass over what is left of the entry, and its descriptor."""
        self._rest()

    def _open(self) -> tuple[Stream, Callable[[], None]]:
        if self.packed is not None:
            sized = _Sized(self)
            return sized.body, sized.rest
        if self.method == STORED:
            sought = _Sought(self)
            return Stream(sought.pull, None), sought.rest
        if self.method == DEFLATED:
            inflated = _Inflated(self.stream, None, self.name)
            return Stream(inflated.pull, None), lambda: self._after(inflated)
        raise Unreadable(f"{self.name} is compressed by method {self.method}, and its size isn't said")

    def _after(self, inflated: _Inflated) -> None:
        while inflated.pull(WINDOW):
            pass
        self.descriptor(inflated.consumed, inflated.delivered)

    def descriptor(self, packed: int, size: int) -> None:
        """Pass over the sizes behind the data, which must be those that have passed."""
        seen = self.stream.peek(LONGEST_DESCRIPTOR)
        crc = seen[4:8] if seen[:4] == DESCRIPTOR else seen[:4]
        signature = DESCRIPTOR if seen[:4] == DESCRIPTOR else b""
        for width in (4, 8):
            written = signature + crc + packed.to_bytes(8, "little")[:width] + size.to_bytes(8, "little")[:width]
            if seen.startswith(written) and self.stream.peek(len(written) + 4)[len(written) :] in _NEXT:
                self.stream.skip(len(written))
                return
        if len(seen) < LONGEST_DESCRIPTOR:
            raise EndsEarly(f"ends at byte {self.stream.offset + len(seen)}, behind {self.name}")
        raise Unreadable(f"{self.name} isn't followed by its size, {packed} bytes, at byte {self.stream.offset}")


def _large(fields: bytes, size: int, packed: int) -> tuple[int, int]:
    """Return the sizes (inflated, packed) that a zip64 extra field gives in place of those of the header."""
    at = 0
    while at + 4 <= len(fields):
        kind, length = fields[at] | fields[at + 1] << 8, fields[at + 2] | fields[at + 3] << 8
        values = fields[at + 4 : at + 4 + length]
        if kind == 1:
            if size == _IN_EXTRA and len(values) >= 8:
                size, values = int.from_bytes(values[:8], "little"), values[8:]
            if packed == _IN_EXTRA and len(values) >= 8:
                packed = int.from_bytes(values[:8], "little")
            return size, packed
        at += 4 + length
    return size, packed


class _Sized:
    """The body of an entry whose packed size is known."""

    def __init__(self, entry: _Walked) -> None:
        self.entry = entry
        packed = entry.packed or 0
        if entry.stream.size is not None and entry.stream.offset + packed > entry.stream.size:
            left = entry.stream.size - entry.stream.offset
            raise EndsEarly(f"{entry.name} should have {packed} bytes, {left} are left of the file")
        self.end = entry.stream.offset + packed
        if entry.method == STORED:
            self.body = Stream(self._pull, packed, entry.stream.skip)
        elif entry.method == DEFLATED:
            self.body = Stream(_Inflated(entry.stream, self.end, entry.name).pull, None)
        else:
            self.body = Stream(self._refuse, None)

    def _pull(self, count: int) -> bytes:
        return self.entry.stream.some(min(count, self.end - self.entry.stream.offset))

    def _refuse(self, _count: int) -> bytes:
        raise Unreadable(f"{self.entry.name} is compressed by method {self.entry.method}")

    def rest(self) -> None:
        stream = self.entry.stream
        stream.skip(self.end - stream.offset)
        if self.entry.described:
            self.entry.descriptor(self.entry.packed or 0, self.entry.size or 0)


class _Sought:
    """The body of a stored entry that ends at a descriptor giving the number of bytes passed."""

    def __init__(self, entry: _Walked) -> None:
        self.entry = entry
        self.stream = entry.stream
        self.passed = 0
        self.ended = False
        self.lookalikes = 0

    def pull(self, count: int) -> bytes:
        data = self.stream.read(self._ahead(count))
        self.passed += len(data)
        return data

    def rest(self) -> None:
        while ahead := self._ahead(WINDOW):
            self.stream.skip(ahead)
            self.passed += ahead

    def _ahead(self, count: int) -> int:
        """Return how many bytes, at most `count`, surely belong to the entry; 0 at its end, which is then passed."""
        if self.ended:
            return 0
        wanted = min(max(count, LONGEST_DESCRIPTOR), WINDOW)
        window = self.stream.peek(wanted + LONGEST_DESCRIPTOR)
        found = window.find(DESCRIPTOR)
        while 0 <= found < wanted and not self._ends(window, found):
            self._mind()
            found = window.find(DESCRIPTOR, found + 1)
        if found == 0:
            self.ended = True
            self.entry.descriptor(self.passed, self.passed)
            return 0
        if found < 0 and len(window) < wanted + LONGEST_DESCRIPTOR:
            raise EndsEarly(f"ends at byte {self.stream.offset + len(window)}, inside {self.entry.name}")
        return min(count, wanted if found < 0 else found, wanted)

    def _ends(self, window: bytes, at: int) -> bool:
        passed = self.passed + at
        seen = window[at : at + 28]
        if len(seen) >= 20 and _DESCRIPTOR_32.unpack_from(seen)[2:] == (passed, passed) and seen[16:20] in _NEXT:
            return True
        return len(seen) == 28 and _DESCRIPTOR_64.unpack_from(seen)[2:] == (passed, passed) and seen[24:] in _NEXT

    def _mind(self) -> None:
        self.lookalikes += 1
        if self.lookalikes > MOST_LOOKALIKES:
            raise Unreadable(f"{self.entry.name} has more than {MOST_LOOKALIKES} signatures inside")


class _Inflated:
    """The body of a deflated entry; `end` is where its packed bytes end, None where deflate itself says so."""

    def __init__(self, stream: Stream, end: int | None, name: str) -> None:
        self.stream = stream
        self.end = end
        self.name = name
        self.consumed = 0
        self.delivered = 0
        self._inflate = zlib.decompressobj(-15)

    def pull(self, count: int) -> bytes:
        data = b""
        while not data and not self._inflate.eof:
            data = self._step(min(count, 1 << 20))
        self.delivered += len(data)
        if self.end is None and self.delivered > MOST_INFLATED:
            raise Unreadable(f"{self.name} inflates to more than {MOST_INFLATED} bytes without saying its size")
        return data

    def _step(self, count: int) -> bytes:
        left = WINDOW if self.end is None else min(WINDOW, self.end - self.stream.offset)
        packed = self.stream.peek(left) if left > 0 else b""
        try:
            data = self._inflate.decompress(packed, count)
        except zlib.error as error:
            raise Unreadable(f"{self.name} can't be inflated: {error}") from None
        if not packed and not data and not self._inflate.eof:
            raise EndsEarly(f"{self.name} ends at byte {self.stream.offset}, before its compressed data does")
        used = len(packed) - len(self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail)
        self.stream.skip(used)
        self.consumed += used
        return data
