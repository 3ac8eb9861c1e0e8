"""Which Pythons a pickled code object can be of: byte code is Python's own affair and changes with each version."""

from __future__ import annotations

from typing import Any, NamedTuple

from doctor.facts import load
from doctor.formats.inert import Skipped

# Arguments of types.CodeType: 3.8 added posonlyargcount, 3.11 qualname and exceptiontable (docs.python.org, inspect).
_BY_COUNT = {15: ("3.0", "3.7"), 16: ("3.8", "3.10"), 18: ("3.11", "")}
_ALIKE = {15: ("3.6", "3.7"), 16: ("3.8", "3.9", "3.10"), 18: ("3.11", "3.12", "3.13")}
_BEFORE_3_11 = {"3.6", "3.7", "3.8", "3.9", "3.10"}
_RESUME_3_14 = 128  # the first instruction but for what sets up cells; from its own `opcode` module
_LONGEST = 20_000  # instructions that are looked at


class Span(NamedTuple):
    """Oldest and newest Python that it can be; "" for newest where later ones may write the same."""

    oldest: str
    newest: str


def code_span(args: Any) -> Span | None:
    """Return the Pythons that a call of CodeType with these arguments is of, None where that can't be told."""
    if not isinstance(args, tuple) or len(args) not in _BY_COUNT:
        return None
    span = Span(*_BY_COUNT[len(args)])
    code = instructions(args)
    fitting = [v for v in _ALIKE[len(args)] if _fits(code, v) and _lands(code, v)] if code else []
    if len(args) == 15:
        return Span("3.7", "3.7") if fitting == ["3.7"] else span
    if len(args) == 16:
        fitting = _by_lines(code, args[13], fitting)
    elif _RESUME_3_14 in code[0:24:2] and not fitting:
        return Span("3.14", "3.14")
    return Span(fitting[0], fitting[-1]) if fitting else span


def instructions(args: Any) -> bytes:
    """Return the instructions among the arguments of CodeType, b"" where they weren't kept whole."""
    at = {15: 5, 16: 6, 18: 6}.get(len(args), 0) if isinstance(args, tuple) else 0
    code = args[at] if at else b""
    if isinstance(code, Skipped):  # the beginning tells as well which Python it is of
        code = code.head[: len(code.head) // 2 * 2] if len(args) == 18 else b""
    return code if isinstance(code, bytes) else b""


def _fits(code: bytes, version: str) -> bool:
    """Say whether a Python knows all instructions, and each is followed by the empty entries that it keeps there."""
    table = load("python_opcodes")["versions"][version]
    names, caches = table["names"], table["caches"]
    at, end = 0, min(len(code), 2 * _LONGEST)
    while at < end:
        number = str(code[at])
        if names.get(number, "CACHE") == "CACHE":
            return False
        follow = 2 * caches.get(number, 0)
        if any(code[at + 2 : at + 2 + follow]):
            return False
        at += 2 + follow
    return True


def _lands(code: bytes, version: str) -> bool:
    """Say whether all jumps lead to instructions: 3.10 counts them, the versions before it count bytes."""
    table = load("python_opcodes")["versions"][version]
    if version not in _BEFORE_3_11:
        return True
    unit = 2 if version == "3.10" else 1
    argument = 0
    for at in range(0, min(len(code), 2 * _LONGEST) - 1, 2):
        argument = argument << 8 | code[at + 1]
        if table["names"].get(str(code[at])) == "EXTENDED_ARG":
            continue
        base = 0 if code[at] in table["absolute"] else at + 2 if code[at] in table["relative"] else None
        if base is not None and (base + argument * unit >= len(code) or (base + argument * unit) % 2):
            return False
        argument = 0
    return True


def _by_lines(code: bytes, lines: Any, fitting: list[str]) -> list[str]:
    """Tell 3.10 by its line table, which covers all of the code; older cloudpickles don't store that one."""
    whole = isinstance(lines, bytes) and sum(lines[::2]) == len(code)
    return [v for v in fitting if v == "3.10"] if whole else fitting


def runs(codes: frozenset[int], written: Span, python: str) -> bool | None:
    """
    Say whether a Python that can't have written some code runs it all the same; None where that depends on the data.

    Up to 3.10 those whose code objects have the same parts have much in common: without jumps, which 3.10 counts
    otherwise, what both know by one number is the same. Some jumps are made only when an exception is raised.

    Args:
        codes: numbers of all instructions; empty where they aren't known.
        written: who can have written it.
        python: minor version that is to run it.
    """
    alike = next((group for group in _ALIKE.values() if {written.oldest, python} <= set(group)), ())
    if not codes or python not in alike or "3.11" in alike:
        return False
    tables = load("python_opcodes")["versions"]
    there = tables[python]
    writers = [tables[v] for v in alike if v in written]
    if any(w["names"].get(str(c)) != there["names"].get(str(c), "") for w in writers for c in codes):
        return False
    jumps = codes & {*there["relative"], *there["absolute"]}
    if ("3.10" in written) == (python == "3.10") or not jumps:
        return True
    return None if all(there["names"][str(c)].startswith("SETUP_") for c in jumps) else False


def narrowed(one: Span | None, other: Span | None) -> Span | None:
    """Return the narrower of two spans: all functions of a pickle were written by one Python."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda s: (s.newest == "", _number(s.newest) - _number(s.oldest)))


def _number(version: str) -> int:
    return int(version.split(".")[1]) if version else 99
