"""Random access to the bytes of an HDF5 file in bounds, and a cursor over one of its blocks."""

from __future__ import annotations

import tempfile
from typing import IO

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.stream import Stream

IN_MEMORY = 8 << 20  # a file up to this size is never written to disk
LARGEST_FILE = 16 << 30
LARGEST_TOTAL = 512 << 20  # bytes of structure read in all: weights are never read, so no model comes near
LARGEST_BLOCK = 64 << 20
_CHUNK = 1 << 20


def spooled(stream: Stream, size: int | None) -> tuple[IO[bytes], int]:
    """
    Return the bytes of a forward-only stream as an anonymous file that can be read anywhere, and how many they are.

    Args:
        stream: at the first byte.
        size: bytes to take, None for all that come.
    """
    if size is not None and size > LARGEST_FILE:
        raise Unreadable(f"an HDF5 file of {size} bytes is more than is looked through")
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        return file, _copied(stream, size, file)
    except OSError as error:
        file.close()
        raise Unreadable(f"no room to look through an HDF5 file of {size} bytes: {error.strerror}") from None
    except Unreadable:
        file.close()
        raise


def _copied(stream: Stream, size: int | None, file: IO[bytes]) -> int:
    passed = 0
    while passed != size:
        wanted = _CHUNK if size is None else min(size - passed, _CHUNK)
        chunk = stream.some(wanted)
        if not chunk and size is not None:
            raise EndsEarly(f"ends at byte {passed}, {size - passed} bytes short")
        if not chunk:
            break
        passed += len(chunk)
        if passed > LARGEST_FILE:
            raise Unreadable(f"an HDF5 file of more than {LARGEST_FILE} bytes is more than is looked through")
        file.write(chunk)
    return passed


class Source:
    """
    The bytes of an HDF5 file.

    Args:
        file: where they are.
        size: how many.

    ``offsets`` and ``lengths`` are the widths of its addresses and sizes; ``base`` is what addresses count from.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self._left = LARGEST_TOTAL
        self.offsets = 8
        self.lengths = 8
        self.base = 0

    @property
    def nowhere(self) -> int:
        """The address that means there is none."""
        return (1 << (8 * self.offsets)) - 1

    def at(self, address: int, count: int) -> Cursor:
        """Return a cursor over `count` bytes at an address; Unreadable where the file has fewer."""
        start = address + self.base
        if count < 0 or count > LARGEST_BLOCK or start < 0 or start + count > self._size:
            raise Unreadable(f"points to {count} bytes at byte {start} of {self._size}")
        self._left -= count + 16
        if self._left < 0:
            raise Unreadable("its structure doesn't end")
        self._file.seek(start)
        return Cursor(self._file.read(count), self)

    def upto(self, address: int, count: int) -> Cursor:
        """Return a cursor over at most `count` bytes at an address, fewer at the end of the file."""
        return self.at(address, max(min(count, self._size - address - self.base), 0))


class Cursor:
    """A position in a block of bytes; every read past the block's end raises Unreadable."""

    __slots__ = ("at", "data", "source")

    def __init__(self, data: bytes, source: Source) -> None:
        self.data = data
        self.at = 0
        self.source = source

    @property
    def left(self) -> int:
        """Bytes up to the end of the block."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """Consume and return `count` bytes."""
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise Unreadable(f"a block of {len(self.data)} bytes ends within a value")
        data = self.data[self.at : end]
        self.at = end
        return data

    def number(self, width: int) -> int:
        """Consume an unsigned number of `width` bytes."""
        return int.from_bytes(self.take(width), "little")

    def offset(self) -> int:
        """Consume an address."""
        return int.from_bytes(self.take(self.source.offsets), "little")

    def length(self) -> int:
        """Consume a size."""
        return int.from_bytes(self.take(self.source.lengths), "little")

    def expect(self, signature: bytes) -> None:
        """Consume a block's signature; Unreadable where it is another."""
        found = self.take(len(signature))
        if found != signature:
            raise Unreadable(f"expects a block {signature.decode()}, finds {found!r}")
