"""What all text output shares: a console that writes to a string, colours, text made safe for a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.text import Text

from doctor.model import Severity

SEVERITY_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
DIM = "bright_black"


class Page:
    """
    Lines of text for a terminal of a given width.

    Args:
        width: columns.
        colour: whether to write ANSI colours.
    """

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = width
        self.console = Console(
            file=StringIO(), width=width, force_terminal=colour, no_color=not colour, highlight=False, emoji=False,
            color_system="standard" if colour else None, legacy_windows=False, soft_wrap=True, _environ={},
        )  # fmt: skip

    def line(self, *parts: Text | str) -> None:
        """Write one line as it is, however long: commands stay whole, so that they can be copied."""
        self.console.print(Text.assemble(*parts), soft_wrap=True)

    def block(self, label: Text | str, body: Text, indent: int = 0) -> None:
        """Write a label and a body that wraps beside it."""
        head = Text(" " * indent).append_text(Text(label) if isinstance(label, str) else label)
        room = max(20, self.width - head.cell_len)
        for number, row in enumerate(body.wrap(self.console, room)):
            row.rstrip()
            self.line(head if number == 0 else Text(" " * head.cell_len), row)

    def text(self) -> str:
        """Return all that was written."""
        file = self.console.file
        return file.getvalue() if isinstance(file, StringIO) else ""


def safe(text: str) -> str:
    """Return text without characters that move a terminal's cursor or can't be encoded: they are written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
