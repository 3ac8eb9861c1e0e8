"""
What all text output shares: styled text, a page that lays it out, text made safe for a terminal.

rich colours a page and measures what isn't ASCII. A plain page of ASCII, what a CI job's log gets, is laid out without
it: importing it would cost a sixth of a small run.
"""

from __future__ import annotations

from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING

from doctor.model import Severity

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text as RichText

SEVERITY_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
DIM = "bright_black"


class Text:
    """Text in several styles, by rich's names; "" is none."""

    def __init__(self, text: str = "", style: str = "") -> None:
        self.parts: list[tuple[str, str]] = [(text, style)] if text else []

    def append(self, text: str, style: str = "") -> Text:
        """Add text in a style; return this."""
        self.parts.append((text, style))
        return self

    def append_text(self, other: Text) -> Text:
        """Add styled text; return this."""
        self.parts += other.parts
        return self

    def between(self, start: int, end: int) -> Text:
        """Return the part from one character up to another."""
        found, at = Text(), 0
        for text, style in self.parts:
            if at < end and at + len(text) > start:
                found.append(text[max(0, start - at) : end - at], style)
            at += len(text)
        return found

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return "".join(text for text, _ in self.parts)


class Page:
    """
    Lines of text for a terminal of a given width.

    Args:
        width: columns.
        colour: whether to write ANSI colours.
    """

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = width
        self._written: list[str] = []
        self._console = _console(width) if colour else None

    def line(self, *parts: Text | str) -> None:
        """Write one line as it is, however long: commands stay whole, so that they can be copied."""
        whole = Text()
        for part in parts:
            whole.append_text(Text(part) if isinstance(part, str) else part)
        if self._console is None:
            self._written.append(whole.plain)
            return
        with self._console.capture() as captured:
            self._console.print(_rich(whole), soft_wrap=True)
        self._written.append(captured.get().removesuffix("\n"))

    def block(self, label: Text | str, body: Text, indent: int = 0) -> None:
        """Write a label and a body that wraps beside it."""
        head = Text(" " * indent).append_text(Text(label) if isinstance(label, str) else label)
        columns = _columns(head.plain)
        for number, row in enumerate(self._rows(body, max(20, self.width - columns))):
            self.line(head if number == 0 else " " * columns, row)

    def text(self) -> str:
        """Return all that was written."""
        return "".join(f"{line}\n" for line in self._written)

    def _rows(self, body: Text, room: int) -> list[Text]:
        """Return a text's lines, none wider than there is room for but a word that is: a path stays whole."""
        plain = body.plain
        if not plain.isascii():
            return [_back(row) for row in _rich(body).wrap(self._console or _console(room), room)]
        rows, at = [], 0
        for line in plain.split("\n"):
            for row in wrap(line, room, replace_whitespace=False, break_long_words=False, break_on_hyphens=False):
                at = plain.index(row, at)
                rows.append(body.between(at, at + len(row)))
                at += len(row)
            rows += [] if line.strip() else [Text()]
        return rows


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _console(width: int) -> Console:
    from rich.console import Console

    return Console(
        width=width, force_terminal=True, highlight=False, emoji=False, color_system="standard", legacy_windows=False,
        soft_wrap=True, _environ={},
    )  # fmt: skip


def _rich(text: Text) -> RichText:
    from rich.text import Text as RichText

    return RichText.assemble(*text.parts)


def _back(row: RichText) -> Text:
    """Return a wrapped line of rich's as styled text again."""
    row.rstrip()
    edges = sorted({0, len(row), *(edge for span in row.spans for edge in (span.start, span.end) if edge <= len(row))})
    text = Text()
    for start, end in pairwise(edges):
        styles = [str(s.style) for s in row.spans if s.start <= start and s.end >= end]
        text.append(row.plain[start:end], " ".join(styles))
    return text


def safe(text: str) -> str:
    """Return text without characters that move a terminal's cursor or can't be encoded: they are written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
