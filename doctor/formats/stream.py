"""A forward-only view of bytes: what lets one reader serve a member of an archive and a file on disk alike."""

from __future__ import annotations

from collections.abc import Callable

from doctor.errors import EndsEarly, Unreadable

CHUNK = 1 << 18
LARGEST_READ = 256 << 20  # one value larger than this is not kept in memory: no reader needs it


class Stream:
    """
    Bytes that pass once.

    Args:
        pull: returns at most the given number of bytes, b"" only at the end.
        size: bytes in all, or None where nobody can know (inside a compressed file).
        leap: skips the given number of bytes without delivering them, where the source can (a seek); optional.

    Nothing that a file claims is believed: a read past the end raises Unreadable, so does a single read above
    256 MiB.
    """

    def __init__(
        self,
        pull: Callable[[int], bytes],
        size: int | None,
        leap: Callable[[int], None] | None = None,
    ) -> None:
        self._pull = pull
        self._leap = leap
        self._buffer = b""
        self._at = 0  # position in the buffer
        self._past = 0  # bytes that left the buffer
        self.size = size

    @property
    def offset(self) -> int:
        """Bytes consumed so far."""
        return self._past + self._at

    def _fill(self, wanted: int) -> None:
        """Have at least `wanted` bytes in the buffer from the current position, or all that is left."""
        have = len(self._buffer) - self._at
        if have >= wanted:
            return
        parts = [self._buffer[self._at :]]
        self._past += self._at
        self._at = 0
        while have < wanted:
            chunk = self._pull(max(CHUNK, min(wanted - have, 1 << 20)))
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        self._buffer = b"".join(parts)

    def peek(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer at the end, without consuming them."""
        self._fill(count)
        return self._buffer[self._at : self._at + count]

    def read(self, count: int) -> bytes:
        """Consume and return exactly `count` bytes; Unreadable where there are fewer."""
        if count < 0 or count > LARGEST_READ:
            raise Unreadable(f"claims a value of {count} bytes at byte {self.offset}")
        self._fill(count)
        data = self._buffer[self._at : self._at + count]
        if len(data) < count:
            raise EndsEarly(f"ends at byte {self.offset + len(data)}, {count - len(data)} bytes short")
        self._at += count
        return data

    def some(self, count: int) -> bytes:
        """Consume and return at least one and at most `count` bytes, whatever is at hand; b"" only at the end."""
        if self._at < len(self._buffer):
            data = self._buffer[self._at : self._at + count]
            self._at += len(data)
            return data
        self._past += len(self._buffer)
        self._buffer, self._at = b"", 0
        data = self._pull(count)
        self._past += len(data)
        return data

    def line(self, longest: int = 1 << 16) -> bytes:
        """Consume and return bytes up to and with the next newline; Unreadable where none is within `longest`."""
        found = self._buffer.find(b"\n", self._at)
        if found < 0:
            self._fill(longest)
            found = self._buffer.find(b"\n", self._at, self._at + longest)
        if found < 0:
            raise Unreadable(f"a line without an end at byte {self.offset}")
        data = self._buffer[self._at : found + 1]
        self._at = found + 1
        return data

    def skip(self, count: int) -> None:
        """Pass over exactly `count` bytes in constant memory; Unreadable where there are fewer."""
        if count < 0:
            raise Unreadable(f"claims a negative length at byte {self.offset}")
        if self.size is not None and self.offset + count > self.size:
            raise EndsEarly(f"claims {count} bytes at byte {self.offset}, {self.size - self.offset} are left")
        have = len(self._buffer) - self._at
        if count <= have:
            self._at += count
            return
        count -= have
        self._past += len(self._buffer)
        self._buffer, self._at = b"", 0
        if self._leap is not None and self.size is not None:
            self._leap(count)
            self._past += count
            return
        while count:
            chunk = self._pull(min(count, 1 << 20))
            if not chunk:
                raise EndsEarly(f"ends at byte {self.offset}, {count} bytes short")
            count -= len(chunk)
            self._past += len(chunk)

    def at_end(self) -> bool:
        """Say whether no byte is left."""
        return not self.peek(1)


def stream_of(data: bytes) -> Stream:
    """Return a Stream over bytes in memory."""
    at = 0

    def pull(count: int) -> bytes:
        nonlocal at
        chunk = data[at : at + count]
        at += len(chunk)
        return chunk

    return Stream(pull, len(data))
