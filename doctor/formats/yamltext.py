"""
Reads the YAML that MLflow and conda write: block mappings and lists, quoted, plain and literal texts, empty brackets.

Every scalar stays a text, but for null, true and false: ``3.10`` is a version here and no number. Anchors, tags, and
several documents are refused: nobody writes them into these files.
"""

from __future__ import annotations

import json
import re
from typing import Any

from doctor.errors import Unreadable

DEEPEST = 32
MOST_LINES = 200_000
_KEY = re.compile(
    r"""("(?:[^"\\]|\\.)*"\s{0,9}|'(?:[^']|'')*'\s{0,9}|[^\s#&*!|>%@`"'\[\]{},-][^#:]*|-[^\s#:][^#:]*):(?:\s+|$)"""
)
_ESCAPES = {
    " ": " ",
    "'": "'",
    "_": "\xa0",
    "e": "\\u001b",
    "a": "\\u0007",
    "N": "\x85",
    "0": "\\u0000",
    "v": "\\u000b",
}
_PAIRED = "\"'[{"
_BLOCK = re.compile(r"[|>][+-]?\d?\s*(#.*)?$")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "true": True, "True": True, "false": False, "False": False}


def parse(text: str) -> Any:
    """Return the value of a YAML document: mappings, lists, texts, True, False and None; Unreadable for others."""
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise Unreadable(f"more than {MOST_LINES} lines")
    reader = _Lines([line for line in lines if line.rstrip() != "---"])
    if reader.skip_blank() is None:
        return None
    value = reader.block(reader.indent(), 0)
    if reader.skip_blank() is not None:
        raise Unreadable(f"line {reader.at + 1} stands outside of what began before it")
    return value


class _Lines:
    """The lines of a document, and how far they have been read."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0

    def skip_blank(self) -> str | None:
        """Go to the next line that says something, and return it without its indentation; None at the end."""
        while self.at < len(self.lines):
            text = self.lines[self.at].strip()
            if text and not text.startswith("#"):
                return text
            self.at += 1
        return None

    def indent(self) -> int:
        line = self.lines[self.at]
        return len(line) - len(line.lstrip(" "))

    def block(self, indent: int, depth: int) -> Any:
        """Read the mapping, list or text that begins at the current line."""
        text = self.skip_blank()
        if depth > DEEPEST:
            raise Unreadable(f"nested more than {DEEPEST} deep at line {self.at + 1}")
        if text is None:
            return None
        if text == "-" or text.startswith("- "):
            return self._list(indent, depth)
        if _KEY.match(text):
            return self._mapping(indent, depth)
        self.at += 1
        return self._scalar(text, indent - 1)

    def _list(self, indent: int, depth: int) -> list[Any]:
        items: list[Any] = []
        while (text := self.skip_blank()) is not None and self.indent() == indent and text[:2] in {"-", "- "}:
            rest = text[1:].lstrip()
            if not rest:
                self.at += 1
                items.append(self._below(indent, depth))
                continue
            if rest[:2] in {"-", "- "} or (_KEY.match(rest) and rest[0] not in "[{"):
                inner = indent + len(text) - len(rest)
                self.lines[self.at] = " " * inner + rest
                items.append(self.block(inner, depth + 1))
                continue
            self.at += 1
            items.append(self._scalar(rest, indent))
        return items

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (text := self.skip_blank()) is not None and self.indent() == indent:
            key = _KEY.match(text)
            if key is None:
                raise Unreadable(f"line {self.at + 1} is no key: {text[:60]!r}")
            self.at += 1
            rest = text[key.end() :]
            if rest and not rest.startswith("#"):
                found[str(_plain(key[1].strip()))] = self._scalar(rest, indent)
            else:
                found[str(_plain(key[1].strip()))] = self._value_below(indent, depth)
        if text is not None and self.indent() > indent:
            raise Unreadable(f"line {self.at + 1} is indented more than what it follows")
        return found

    def _value_below(self, indent: int, depth: int) -> Any:
        """Read what follows a bare key: deeper lines, or a list at the key's own indentation."""
        text = self.skip_blank()
        if text is not None and self.indent() == indent and text[:2] in {"-", "- "}:
            return self._list(indent, depth + 1)
        return self._below(indent, depth)

    def _below(self, indent: int, depth: int) -> Any:
        if self.skip_blank() is None or self.indent() <= indent:
            return None
        return self.block(self.indent(), depth + 1)

    def _scalar(self, first: str, indent: int) -> Any:
        """Read a value whose first line is given; it goes on over lines that are indented more."""
        if _BLOCK.match(first):
            return self._literal(indent, "\n" if first[0] == "|" else " ")
        parts = [first.strip()]
        kind = parts[0][0]
        left = _unclosed(parts[0], kind)
        while left or kind not in _PAIRED:
            if self.at >= len(self.lines) or not self._goes_on(indent, closed=not left):
                break
            parts.append(self.lines[self.at].strip())
            self.at += 1
            left = (left + _unclosed(parts[-1], kind)) % 2 if kind in "\"'" else left + _unclosed(parts[-1], kind)
        if left:
            raise Unreadable(f"a text that begins with {first[:40]!r} has no end")
        return _plain(_folded(parts))

    def _goes_on(self, indent: int, *, closed: bool) -> bool:
        line = self.lines[self.at]
        if not line.strip():
            return not closed
        return self.indent() > indent

    def _literal(self, indent: int, joint: str) -> str:
        parts: list[str] = []
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or self.indent() > indent):
            parts.append(self.lines[self.at].strip())
            self.at += 1
        return joint.join(parts).strip()


def _folded(parts: list[str]) -> str:
    """Return the lines of one scalar joined: a blank line is a line break, the end of any other a space."""
    text = parts[0]
    for part in parts[1:]:
        if text[0] == '"' and (len(text) - len(text.rstrip("\\"))) % 2:
            text = text[:-1] + part
        else:
            text += part if not part or text.endswith("\n") else f" {part}"
            text += "" if part else "\n"
    return text


def _unclosed(line: str, kind: str) -> int:
    """Return how many quotes or brackets of a kind a line leaves open: 0 or 1 for quotes."""
    if kind == "'":
        return line.count("'") % 2
    if kind == '"':
        return re.sub(r"\\.", "", line).count('"') % 2
    brackets = line.count("[") + line.count("{") - line.count("]") - line.count("}")
    return brackets if kind in "[{" else 0


def _plain(text: str) -> Any:
    """Return a scalar as it is meant: without quotes, null and truth values as such."""
    if text[:1] == "'" and text[-1:] == "'":
        return text[1:-1].replace("''", "'")
    if text[:1] == '"' and text[-1:] == '"':
        return _unescaped(text)
    if text[:1] in {"&", "*", "!"}:
        raise Unreadable(f"{text[:40]!r} is YAML that is not read here")
    if text[:1] in {"[", "{"}:
        return _flow(text)
    text = re.split(r"\s#", text, maxsplit=1)[0].rstrip()
    return _WORDS.get(text, text)


def _unescaped(text: str) -> str:
    """Return a text in double quotes as it is meant; most escapes are JSON's."""
    text = re.sub(
        r"\\(x[0-9A-Fa-f]{2}|.)", lambda m: _ESCAPES.get(m[1], f"\\u00{m[1][1:]}" if m[1][1:] else m[0]), text
    )
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text[1:-1]


def _flow(text: str) -> Any:
    """Return what stands in brackets, where it is a flat list, or JSON; the text itself where it is neither."""
    if text == "{}":
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if text[0] == "[" and not any(c in text[1:-1] for c in "[]{}"):
        return [_plain(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    return text
