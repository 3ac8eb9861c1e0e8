"""Reads protocol buffers in their text form, as Triton's ``config.pbtxt`` is written."""

from __future__ import annotations

import re
from typing import Any

from doctor.errors import Unreadable

DEEPEST = 32
MOST_WORDS = 1_000_000
_WORD = re.compile(
    r"""\s+|\#[^\n]*|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<word>[\w.+-]+|[{}\[\]<>:,;/])"""
)
_ENDS = {"{": "}", "<": ">"}

Message = dict[str, list[Any]]


def parse(text: str) -> Message:
    """
    Return the fields of a message: each name with all its values, texts, words ("TYPE_FP32", "-1") or messages.

    Raises Unreadable, with the line, where it is no text of a protocol buffer.
    """
    return _Words(text).message("", 0)


class _Words:
    """The words of a text, and how far they have been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.count = 0
        self.next = ""
        self.quoted = False
        self._go()

    def _go(self) -> str:
        """Return the word at hand and go to the one after it; "" at the end."""
        word = self.next
        while self.position < len(self.text):
            found = _WORD.match(self.text, self.position)
            if found is None:
                raise self.wrong(self.text[self.position])
            self.position = found.end()
            if found.lastgroup:
                self._mind()
                self.quoted = found.lastgroup == "text"
                self.next = _unquoted(found[0]) if self.quoted else found[0]
                return word
        self.next, self.quoted = "", False
        return word

    def _mind(self) -> None:
        self.count += 1
        if self.count > MOST_WORDS:
            raise Unreadable(f"more than {MOST_WORDS} words")

    def wrong(self, word: str) -> Unreadable:
        line = self.text.count("\n", 0, self.position) + 1
        return Unreadable(f"line {line}: {word[:40]!r} is not expected there" if word else "ends within a message")

    def message(self, end: str, depth: int) -> Message:
        """Read fields up to a closing bracket, or to the end of the text."""
        if depth > DEEPEST:
            raise Unreadable(f"nested more than {DEEPEST} deep")
        fields: Message = {}
        while self.quoted or self.next != end:
            if not self.next or self.quoted or not re.match(r"[A-Za-z_\[]", self.next):
                raise self.wrong(self.next)
            name = self._name()
            if self.next == ":" and not self.quoted:
                self._go()
            elif self.quoted or self.next not in {"{", "<", "["}:
                raise self.wrong(self.next)
            fields.setdefault(name, []).extend(self._values(depth))
            while not self.quoted and self.next in {",", ";"}:
                self._go()
        if end:
            self._go()
        return fields

    def _name(self) -> str:
        name = self._go()
        while name.startswith("[") and not name.endswith("]"):  # an extension: [package.name]
            if not self.next or len(name) > 500:
                raise self.wrong(name[:20] if self.next else "")
            name += self._go()
        return name

    def _values(self, depth: int) -> list[Any]:
        if self.quoted or self.next != "[":
            return [self._value(depth)]
        self._go()
        values: list[Any] = []
        while self.quoted or self.next != "]":
            values.append(self._value(depth))
            if not self.quoted and self.next == ",":
                self._go()
            elif self.quoted or self.next != "]":
                raise self.wrong(self.next)
        self._go()
        return values

    def _value(self, depth: int) -> Any:
        if self.quoted:
            return self._joined()
        if self.next in _ENDS:
            return self.message(_ENDS[self._go()], depth + 1)
        if not self.next or not re.match(r"[\w.+-]", self.next):
            raise self.wrong(self.next)
        return self._go()

    def _joined(self) -> str:
        """Read texts that follow each other: they are one."""
        parts = []
        while self.quoted:
            parts.append(self._go())
        return "".join(parts)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text[1:-1])
