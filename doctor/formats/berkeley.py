"""
Reads the values of a hash database of Berkeley DB: rpm's ``Packages`` before it took to SQLite.

The format: "db_page.h" of Berkeley DB 5.3 (https://github.com/berkeleydb/libdb/blob/master/src/dbinc/db_page.h). Keys
are passed over: rpm numbers its headers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from doctor.errors import Unreadable

_MAGIC = 0x00061561
_HEADER = 26  # bytes of every page's header
_HASH_PAGES, _OVERFLOW = {2, 13}, 7
_INLINE, _ELSEWHERE = 1, 3


def is_hash(head: bytes) -> bool:
    """Say whether bytes begin a hash database, of either byte order."""
    return len(head) >= 24 and head[12:16] in {_MAGIC.to_bytes(4, "little"), _MAGIC.to_bytes(4, "big")}


def values(data: bytes) -> Iterator[bytes]:
    """Yield the values, in the order of their pages. Raises Unreadable where the file is damaged or encrypted."""
    if not is_hash(data):
        raise Unreadable("no hash database of Berkeley DB")
    order = "<" if data[12:16] == _MAGIC.to_bytes(4, "little") else ">"
    size = struct.unpack_from(f"{order}I", data, 20)[0]
    if data[24] or size < 512 or size > 1 << 16 or size & (size - 1):
        raise Unreadable(f"is encrypted, or claims pages of {size} bytes")
    pages = _Pages(data, size, order)
    for number in range(1, len(data) // size):
        yield from pages.values(number)


class _Pages:
    def __init__(self, data: bytes, size: int, order: str) -> None:
        self._data, self._size, self._order = data, size, order
        self._left = len(data)  # of bytes that may be taken from overflow pages: each belongs to one value

    def values(self, number: int) -> Iterator[bytes]:
        """Yield the values on a page; none where it is no page of a hash."""
        start = number * self._size
        page = self._data[start : start + self._size]
        count, _, _, kind = struct.unpack_from(f"{self._order}HHBB", page, 20)
        if kind not in _HASH_PAGES:
            return
        if _HEADER + 2 * count > self._size:
            raise Unreadable(f"page {number} claims {count} items")
        places = struct.unpack_from(f"{self._order}{count}H", page, _HEADER)
        for at in range(1, count, 2):  # items are keys and values in turn, laid from the page's end
            yield self._item(page[places[at] : places[at - 1]])

    def _item(self, item: bytes) -> bytes:
        kind = item[0] if item else 0
        if kind == _INLINE:
            return item[1:]
        if kind != _ELSEWHERE or len(item) < 12:
            raise Unreadable(f"an item of kind {kind}")
        number, size = struct.unpack_from(f"{self._order}II", item, 4)
        if size > self._left:
            raise Unreadable(f"claims a value of {size} bytes")
        return self._chained(number, size)

    def _chained(self, number: int, size: int) -> bytes:
        """Return a value that lies on pages of its own, each naming the next."""
        parts, have = [], 0
        while have < size:
            start = number * self._size
            page = self._data[start : start + self._size]
            if len(page) < self._size or page[25] != _OVERFLOW or not number:
                raise Unreadable(f"page {number} is none of a value")
            number, _, used = struct.unpack_from(f"{self._order}IHH", page, 16)
            part = page[_HEADER : _HEADER + min(used, size - have)]
            if not part:
                raise Unreadable(f"page {number} holds nothing of its value")
            parts.append(part)
            have += len(part)
        self._left -= size
        return b"".join(parts)
