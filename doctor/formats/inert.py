"""What a pickle's opcodes build, as inert values: plain data, and calls that are recorded instead of made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from doctor.formats.kinds.base import Symbol


class Skipped(NamedTuple):
    """Bytes or text too long to keep: how many bytes there were, and the first and the last of them."""

    size: int
    head: bytes = b""
    tail: bytes = b""


class Persistent(NamedTuple):
    """An object that the pickle only names (BINPERSID): for torch ``("storage", Symbol, key, location, count)``."""

    id: Any


class Lost:
    """Stands for a value that was not kept."""

    def __repr__(self) -> str:
        return "..."


LOST = Lost()


class Boxed:
    """A dict key that can't be hashed safely; equal only to itself."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Call:
    """
    A call that loading the pickle would make.

    Args:
        function: a Symbol; another inert value where the callable is itself computed.
        args: positional arguments, a tuple where the pickle is sound.
        named: keyword arguments, or None.

    ``state`` is what BUILD gives it (``__setstate__``), ``items`` what is appended, ``entries`` what is set by key.
    """

    __slots__ = ("args", "entries", "function", "items", "named", "state")

    def __init__(self, function: Any, args: Any, named: Any = None) -> None:
        self.function = function
        self.args = args
        self.named = named
        self.state: Any = None
        self.items: list[Any] | None = None
        self.entries: dict[Any, Any] | None = None

    def __repr__(self) -> str:
        return brief(self)


SET = Symbol("builtins", "set")
FROZENSET = Symbol("builtins", "frozenset")
BYTEARRAY = Symbol("builtins", "bytearray")


def brief(value: Any, depth: int = 3) -> str:
    """Return a value as one short line of Python-like text, whatever its size and depth."""
    if isinstance(value, (Symbol, Lost)):
        return str(value)
    if depth < 0:
        return "..."
    if isinstance(value, Call):
        inner = brief(value.args, depth - 1) if isinstance(value.args, tuple) else f"(*{brief(value.args, depth - 1)})"
        return f"{brief(value.function, depth - 1)}{inner}"
    if isinstance(value, (tuple, list)) and not isinstance(value, Skipped):
        return _brief_row(value, depth)
    return _brief_plain(value)


def _brief_row(value: tuple[Any, ...] | list[Any], depth: int) -> str:
    inner = ", ".join(brief(v, depth - 1) for v in value[:4]) if depth > 0 else "..."
    opened, closed = ("(", ")") if isinstance(value, tuple) else ("[", "]")
    return f"{opened}{inner}{', ...' if len(value) > 4 and depth > 0 else ''}{closed}"


def _brief_plain(value: Any) -> str:
    if isinstance(value, Skipped):
        return f"<{value.size} bytes>"
    if isinstance(value, dict):
        return f"{{{len(value)} entries}}"
    text = "..." if isinstance(value, Boxed) else repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def walk(value: Any, limit: int = 1_000_000) -> Iterator[Any]:
    """Yield a value and all values inside it, each object once, at most `limit`; cycles and depth are no matter."""
    pending = [value]
    seen: set[int] = set()
    while pending and limit:
        at = pending.pop()
        parts = _parts(at)
        if parts:
            if id(at) in seen:
                continue
            seen.add(id(at))
            pending.extend(reversed(parts))
        limit -= 1
        yield at


def _parts(value: Any) -> list[Any]:
    if isinstance(value, (Symbol, Skipped)):
        return []
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, dict):
        return [part for entry in value.items() for part in entry]
    if isinstance(value, Call):
        return [value.function, value.args, value.named, value.state, value.items or [], value.entries or {}]
    return [value.value] if isinstance(value, Boxed) else []
