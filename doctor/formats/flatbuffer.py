"""
Finds one's way in a FlatBuffer: tables, their fields, strings and vectors, by offset.

https://flatbuffers.dev/internals/. Every position comes from the file: struct.error is raised where one leads outside.
"""

from __future__ import annotations

import struct


class Buffer:
    """The bytes of a FlatBuffer; positions are offsets into them."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def number(self, at: int, code: str = "<I") -> int:
        """Return an integer; struct.error outside."""
        if at < 0:
            raise struct.error("a position before the beginning")
        return int(struct.unpack_from(code, self._data, at)[0])

    def follow(self, at: int) -> int:
        """Return where the reference at a position leads."""
        return at + self.number(at)

    def field(self, table: int, index: int) -> int:
        """Return where a table's field is; 0 where the table hasn't it."""
        vtable = table - self.number(table, "<i")
        if self.number(vtable, "<H") < 6 + 2 * index:
            return 0
        offset = self.number(vtable + 4 + 2 * index, "<H")
        return table + offset if offset else 0

    def text(self, at: int, longest: int = 1 << 20) -> str:
        """Return the string that a field refers to, as much of it as is allowed; "" for no field."""
        if not at:
            return ""
        start = self.follow(at)
        length = min(self.number(start), longest)
        return self._data[start + 4 : start + 4 + length].decode("utf-8", "replace")

    def count(self, at: int) -> int:
        """Return how many elements the vector has that a field refers to; 0 for no field."""
        return self.number(self.follow(at)) if at else 0

    def tables(self, at: int, most: int) -> list[int]:
        """Return where the tables are of the vector that a field refers to, at most so many."""
        if not at:
            return []
        start = self.follow(at)
        return [self.follow(start + 4 + 4 * i) for i in range(min(self.number(start), most))]
