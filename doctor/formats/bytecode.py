"""Which Pythons a pickled code object can be of: byte code is Python's own affair and changes with each version."""

from __future__ import annotations

from typing import Any, NamedTuple

from doctor.facts import load
from doctor.formats.inert import Skipped

# Arguments of types.CodeType: 3.8 added posonlyargcount, 3.11 qualname and exceptiontable (docs.python.org, inspect).
_BY_COUNT = {15: ("3.0", "3.7"), 16: ("3.8", "3.10"), 18: ("3.11", "")}
_ALIKE = {15: ("3.6", "3.7"), 16: ("3.8", "3.9", "3.10"), 18: ("3.11", "3.12", "3.13")}
_BEFORE_3_11 = {"3.6", "3.7", "3.8", "3.9", "3.10"}
_ENDS = ("RETURN_", "RAISE_", "RERAISE", "JUMP_ABSOLUTE", "JUMP_FORWARD", "BREAK_LOOP", "CONTINUE_LOOP")
_RESUME_3_14 = 128  # the first instruction but for what sets up cells; from its own `opcode` module
_LONGEST = 20_000  # instructions that are looked at


class Span(NamedTuple):
    """Oldest and newest Python that it can be; "" for newest where later ones may write the same."""

    oldest: str
    newest: str


class Used(NamedTuple):
    """Numbers of instructions: those on the way through, and those that only exceptions lead to."""

    always: frozenset[int]
    rare: frozenset[int]

    def __or__(self, other: object) -> Used:
        """Return the instructions of both."""
        return Used(self.always | other.always, self.rare | other.rare) if isinstance(other, Used) else self


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
    if version not in _BEFORE_3_11:
        return True
    targets = _targets(code, version).values()
    return all(0 <= target < len(code) and target % 2 == 0 for target in targets)


def _targets(code: bytes, version: str) -> dict[int, int]:
    """Return where each jump leads, by where it is, for a Python before 3.11."""
    table = load("python_opcodes")["versions"][version]
    unit, argument, found = 2 if version == "3.10" else 1, 0, {}
    for at in range(0, min(len(code), 2 * _LONGEST) - 1, 2):
        number, argument = code[at], argument << 8 | code[at + 1]
        if table["names"].get(str(number)) == "EXTENDED_ARG":
            continue
        if number in table["absolute"]:
            found[at] = argument * unit
        elif number in table["relative"]:
            found[at] = at + 2 + argument * unit
        argument = 0
    return found


def used(args: Any) -> Used:
    """Return the instructions of a code object of a Python before 3.11, apart those of its exceptions' handlers."""
    code = instructions(args)
    version = next((v for v in _ALIKE[len(args)] if _fits(code, v) and _lands(code, v)), "") if code else ""
    if version not in _BEFORE_3_11:
        return Used(frozenset(), frozenset())
    names, targets = load("python_opcodes")["versions"][version]["names"], _targets(code, version)
    waiting, seen = [0], set[int]()
    while waiting:
        at = waiting.pop()
        if at in seen or at >= len(code):
            continue
        seen.add(at)
        name = names[str(code[at])]
        if not name.startswith(_ENDS):
            waiting.append(at + 2)
        if at in targets and not name.startswith("SETUP_"):
            waiting.append(targets[at])
    rare = set(range(0, len(code), 2)) - seen
    return Used(frozenset(code[at] for at in seen), frozenset(code[at] for at in rare))


def _by_lines(code: bytes, lines: Any, fitting: list[str]) -> list[str]:
    """Tell 3.10 by its line table, which covers all of the code; older cloudpickles don't store that one."""
    whole = isinstance(lines, bytes) and sum(lines[::2]) == len(code)
    return [v for v in fitting if v == "3.10"] if whole else fitting


def runs(code: Used, written: Span, python: str) -> bool | None:
    """
    Say whether a Python that can't have written some code runs it all the same; None where that depends on the data.

    Up to 3.10 those whose code objects have the same parts have much in common: without jumps, which 3.10 counts
    otherwise, what both know by one number is the same. What handles exceptions runs only where one is raised.

    Args:
        code: its instructions; none where they aren't known.
        written: who can have written it.
        python: minor version that is to run it.
    """
    alike = next((group for group in _ALIKE.values() if {written.oldest, python} <= set(group)), ())
    if not code.always or python not in alike or "3.11" in alike:
        return False
    tables = load("python_opcodes")["versions"]
    writers = [tables[v] for v in alike if v in written]
    crossing = ("3.10" in written) != (python == "3.10")
    if not all(_alike(c, w, tables[python], crossing=crossing) for w in writers for c in code.always):
        return False
    handled = [c for c in code.always if tables[python]["names"][str(c)].startswith("SETUP_")] if crossing else []
    return None if handled or code.rare else True


def _alike(number: int, writer: dict[str, Any], reader: dict[str, Any], *, crossing: bool) -> bool:
    """Say whether an instruction is the same for both; with a jump, only where both count alike."""
    name = writer["names"].get(str(number))
    if name is None or reader["names"].get(str(number)) != name:
        return False
    return not crossing or name.startswith("SETUP_") or number not in {*reader["relative"], *reader["absolute"]}


def narrowed(one: Span | None, other: Span | None) -> Span | None:
    """Return the narrower of two spans: all functions of a pickle were written by one Python."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda s: (s.newest == "", _number(s.newest) - _number(s.oldest)))


def _number(version: str) -> int:
    return int(version.split(".")[1]) if version else 99
