"""Reads Java's properties files, as DJL Serving's ``serving.properties`` is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile
from doctor.formats.kinds.properties import ServingProperties
from doctor.formats.stream import Stream

LARGEST = 1 << 20
_PAIR = re.compile(r"((?:\\.|[^\s=:\\])+)\s*[=:\s]?\s*(.*)", re.DOTALL)


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return the settings of a serving.properties."""
    if size > LARGEST:
        raise Unreadable(f"{size} bytes are too many for a file of settings")
    text = stream.read(size).decode("utf-8", "replace")
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in _logical(text):
        pair = _PAIR.match(line)
        if pair:
            values[_plain(pair[1])] = _plain(pair[2].rstrip())
            lines[_plain(pair[1])] = number
    return ModelFile(path, "serving-properties", size, {}, facts=ServingProperties(values, lines))


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, those that end in a backslash joined with the next, with their numbers."""
    waiting: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.lstrip()
        if not waiting and (not line or line[0] in "#!"):
            continue
        first = first if waiting else number
        if (len(line) - len(line.rstrip("\\"))) % 2:
            waiting.append(line[:-1])
            continue
        yield first, "".join([*waiting, line])
        waiting = []
    if waiting:
        yield first, "".join(waiting)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
