"""Which Pythons a pickled code object can be of: byte code is Python's own affair and changes with each version."""

from __future__ import annotations

from typing import Any, NamedTuple

from doctor.formats.inert import Skipped

# Arguments of types.CodeType: 3.8 added posonlyargcount, 3.11 qualname and exceptiontable (docs.python.org, inspect).
_BY_COUNT = {15: ("3.0", "3.7"), 16: ("3.8", "3.10"), 18: ("3.11", "")}
# The first instruction of functions since 3.11 is RESUME (behind COPY_FREE_VARS, MAKE_CELL and RETURN_GENERATOR); its
# number by version, from each version's own `opcode` module.
_RESUME = {151: ("3.11", "3.12"), 149: ("3.13", "3.13"), 128: ("3.14", "3.14")}
_PRECALL_3_11 = 166
_RETURN_CONST_3_12 = 121
_CALL = 171  # of 3.11 and 3.12; in 3.11 a PRECALL goes before each


class Span(NamedTuple):
    """Oldest and newest Python that it can be; "" for newest where later ones may write the same."""

    oldest: str
    newest: str


def code_span(args: Any) -> Span | None:
    """Return the Pythons that a call of CodeType with these arguments is of, None where that can't be told."""
    if not isinstance(args, tuple) or len(args) not in _BY_COUNT:
        return None
    span = Span(*_BY_COUNT[len(args)])
    if len(args) == 16:
        return _by_lines(args[6], args[13]) or span
    if len(args) != 18:
        return span
    code = args[6].head if isinstance(args[6], Skipped) else args[6]
    return _by_instructions(code) or span if isinstance(code, bytes) else span


def _by_lines(code: Any, lines: Any) -> Span | None:
    """Tell 3.10, whose line table covers all of the code, from those whose table ends where the last line begins."""
    if not (isinstance(code, bytes) and isinstance(lines, bytes)):
        return None
    return Span("3.10", "3.10") if sum(lines[::2]) == len(code) else Span("3.8", "3.9")


def _by_instructions(code: bytes) -> Span | None:
    first = code[0:24:2]
    resume = next((n for n in _RESUME if n in first), None)  # in this order: 149 was COPY_FREE_VARS before 3.13
    if resume is None:
        return None
    if resume == 151 and _PRECALL_3_11 in code[::2]:
        return Span("3.11", "3.11")
    if resume == 151 and (_RETURN_CONST_3_12 in code[::2] or _CALL in code[::2]):
        return Span("3.12", "3.12")
    return Span(*_RESUME[resume])


def narrowed(one: Span | None, other: Span | None) -> Span | None:
    """Return the narrower of two spans: all functions of a pickle were written by one Python."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda s: (s.newest == "", _number(s.newest) - _number(s.oldest)))


def _number(version: str) -> int:
    return int(version.split(".")[1]) if version else 99
