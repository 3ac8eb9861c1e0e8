"""What a module's own ``__getattr__`` says to a name, followed through its code as far as constants decide."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from doctor.formats.source import dotted
from doctor.symbols.conditions import UNKNOWN, value

_CAUGHT = {"KeyError": {"KeyError", "LookupError", "Exception", "BaseException", ""}}
_DEEPEST = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Outcome(NamedTuple):
    """How a block of code ends: "falls" (through), "returns", "raises" (``what``), or "unclear"."""

    kind: str
    what: str = ""


FALLS, RETURNS, UNCLEAR = Outcome("falls"), Outcome("returns"), Outcome("unclear")

Finds = Callable[[str], "tuple[Function, Callable[[str], Any]] | None"]


class Asked:
    """
    One call of a function whose arguments are known.

    Args:
        function: that is called.
        arguments: by parameter; what isn't among them is unknown.
        look: gives the values of the names around the function.
        finds: gives another function by the name it is called by, with the values of the names around it.
        depth: of the call within others.
    """

    def __init__(
        self, function: Function, arguments: Mapping[str, Any], look: Callable[[str], Any], finds: Finds, depth: int = 0
    ) -> None:
        self.function = function
        self.local: dict[str, Any] = dict(arguments)
        self._around = look
        self._finds = finds
        self._depth = depth

    def outcome(self) -> Outcome:
        """Return how the call ends; falling off its end returns."""
        ended = self._block(self.function.body)
        return RETURNS if ended is FALLS else ended

    def look(self, name: str) -> Any:
        """Return the value of a name where the code stands."""
        first = name.partition(".")[0]
        if first in self.local:
            return self.local.get(name, UNKNOWN)
        return self._around(name)

    def _block(self, body: Iterable[ast.stmt]) -> Outcome:
        for node in body:
            ended = self._statement(node)
            if ended is not FALLS:
                return ended
        return FALLS

    def _statement(self, node: ast.stmt) -> Outcome:
        method = _STATEMENTS.get(type(node))
        ended: Outcome = getattr(self, method)(node) if method else FALLS
        return ended

    def _return(self, node: ast.Return) -> Outcome:
        return self._value(node.value) if node.value is not None else RETURNS

    def _raise(self, node: ast.Raise) -> Outcome:
        return Outcome("raises", _raised(node))

    def _with(self, node: ast.With) -> Outcome:
        return self._block(node.body)

    def _import(self, node: ast.Import | ast.ImportFrom) -> Outcome:
        self.local.update({a.asname or a.name.partition(".")[0]: UNKNOWN for a in node.names})
        return FALLS

    def _loop(self, _node: ast.stmt) -> Outcome:
        return UNCLEAR

    def _if(self, node: ast.If) -> Outcome:
        test = value(node.test, self.look)
        if test is not UNKNOWN:
            return self._block(node.body if test else node.orelse)
        before = dict(self.local)
        first = self._block(node.body)
        self.local, inside = before, self.local
        second = self._block(node.orelse)
        for name in inside:
            self.local[name] = UNKNOWN if self.local.get(name, UNKNOWN) != inside[name] else inside[name]
        return first if first == second else UNCLEAR

    def _try(self, node: ast.Try) -> Outcome:
        ended = self._block(node.body)
        if ended.kind == "raises":
            taking = [h for h in node.handlers if _takes(h, ended.what)]
            if not taking:
                return ended
            return self._block(taking[0].body)
        return ended if ended is not FALLS else self._block([*node.orelse, *node.finalbody])

    def _assign(self, node: ast.Assign) -> Outcome:
        ended = self._value(node.value)
        found = value(node.value, self.look)
        for target in node.targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    self.local[part.id] = found if part is target else UNKNOWN
        return ended if ended.kind in {"raises", "unclear"} else FALLS

    def _value(self, node: ast.expr) -> Outcome:
        """Return how working out an expression ends: a look-up that fails, a call of a function that is known."""
        if isinstance(node, ast.Subscript):
            return self._looked_up(node)
        if not isinstance(node, ast.Call):
            return RETURNS
        name = dotted(node.func)
        if name == "getattr" and len(node.args) == 2:
            return UNCLEAR
        found = self._finds(name) if self._depth < _DEEPEST else None
        if found is None:
            return UNCLEAR if self._given(node) else RETURNS
        function, around = found
        return Asked(function, self._arguments(function, node), around, self._finds, self._depth + 1).outcome()

    def _looked_up(self, node: ast.Subscript) -> Outcome:
        if isinstance(node.value, ast.Call) and dotted(node.value.func) == "globals":
            return Outcome("raises", "KeyError")  # what is asked for isn't there, or nobody would have asked
        whole, at = value(node.value, self.look), value(node.slice, self.look)
        if whole is UNKNOWN or at is UNKNOWN or not isinstance(whole, dict):
            return UNCLEAR
        return RETURNS if at in whole else Outcome("raises", "KeyError")

    def _given(self, call: ast.Call) -> bool:
        """Whether a call is given the name that is asked for: what it does with it can't be told."""
        parts = (*call.args, *(k.value for k in call.keywords))
        given = {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}
        return bool(given & set(self.local))

    def _arguments(self, function: Function, call: ast.Call) -> dict[str, Any]:
        parameters = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        every = [*parameters, *(a.arg for a in function.args.kwonlyargs)]
        given: dict[str, Any] = dict.fromkeys(every, UNKNOWN)
        given |= {n: value(d, self._around) for n, d in _defaults(function)}
        given |= {p: value(a, self.look) for p, a in zip(parameters, call.args, strict=False)}
        return given | {k.arg: value(k.value, self.look) for k in call.keywords if k.arg}


def says(function: Function, name: str, look: Callable[[str], Any], finds: Finds) -> bool | None:
    """Say whether a module's ``__getattr__`` gives a name: True, False, or None where its code doesn't tell."""
    parameter = next((a.arg for a in (*function.args.posonlyargs, *function.args.args)), "")
    ended = Asked(function, {parameter: name}, look, finds).outcome()
    if ended == Outcome("raises", "AttributeError"):
        return False  # an ImportError tells what to import first, and then it is there
    return True if ended is RETURNS else None


def _defaults(function: Function) -> list[tuple[str, ast.expr]]:
    parameters = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    found = list(zip(parameters[::-1], function.args.defaults[::-1], strict=False))
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return found + [(a.arg, d) for a, d in named if d is not None]


def _raised(node: ast.Raise) -> str:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return dotted(raised) if raised is not None else ""


def _takes(handler: ast.ExceptHandler, what: str) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {dotted(k) if k is not None else "" for k in kinds}
    return bool(names & (_CAUGHT.get(what, set()) | {what, "Exception", "BaseException", ""}))


_STATEMENTS: Mapping[type[ast.AST], str] = {
    ast.If: "_if", ast.Return: "_return", ast.Raise: "_raise", ast.Try: "_try", ast.With: "_with",
    ast.Assign: "_assign", ast.Import: "_import", ast.ImportFrom: "_import", ast.For: "_loop", ast.While: "_loop",
    ast.Match: "_loop",
}  # fmt: skip
