"""Fields of a request that a handler joins into one array, which only works where their lengths agree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from doctor.facts import load
from doctor.formats.source import Scope
from doctor.handler.flow import reaching
from doctor.handler.value import Call, Handler

_DEEPEST = 12


class Joined(NamedTuple):
    """Fields of the request that one call joins along an axis other than their lengths."""

    call: Call
    fields: tuple[str, ...]
    axis: int


def joined(handler: Handler) -> Iterator[Joined]:
    """Yield the joins of two or more fields of the request, unless the function compares or pads them."""
    for name, place in load("handler_kinds")["joins"].items():
        for call in handler.calls(name):
            arrays, axis = call.argument(0), call.argument(place[0], place[1])
            parts = arrays.elts if isinstance(arrays, (ast.List, ast.Tuple)) else []
            along = _number(axis)
            fields = [_field(handler, p, call.scope) for p in parts]
            known = tuple(f for f in fields if f)
            if call.hooks and along and len(set(known)) == len(parts) >= 2 and not _compared(handler, call):
                yield Joined(call, known, along)


def _number(node: ast.expr | None) -> int:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -1
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else 0


def _field(handler: Handler, node: ast.expr, scope: Scope, depth: int = 0) -> str:
    """Return the field of the request that a value is made from: ``np.array(data["a"]).reshape(...)`` is "a"."""
    if depth > _DEEPEST:
        return ""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if isinstance(node, ast.Name):
        return _bound_field(handler, node, scope, depth)
    if isinstance(node, ast.Call):
        return _called_field(handler, node, scope, depth)
    return ""


def _called_field(handler: Handler, node: ast.Call, scope: Scope, depth: int) -> str:
    first = node.args[0] if node.args else None
    if isinstance(node.func, ast.Attribute) and _method(handler, node, scope):
        if node.func.attr == "get":
            return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        kinds = load("handler_kinds")
        same = node.func.attr in {*kinds["keeps_array"], *kinds["keeps_tensor"]}
        return _field(handler, node.func.value, scope, depth + 1) if same else ""
    return _field(handler, first, scope, depth + 1) if first is not None else ""


def _method(handler: Handler, node: ast.Call, scope: Scope) -> bool:
    """Say whether a call is of a method of a value, not of a module's function."""
    return isinstance(node.func, ast.Attribute) and (
        not isinstance(node.func.value, ast.Name) or handler.name(node.func.value, scope).endswith(("()", "*"))
    )


def _bound_field(handler: Handler, node: ast.Name, scope: Scope, depth: int) -> str:
    found = scope.lookup(node.id)
    if found is None or found[0] is not scope:
        return ""
    values = reaching(handler.names.script_of(scope), found[1], node)
    fields = {_field(handler, b.value, b.scope, depth + 1) if b.value is not None else "" for b in values}
    return fields.pop() if len(fields) == 1 else ""


def _compared(handler: Handler, call: Call) -> bool:
    """Say whether the function looks at lengths, or pads."""
    if call.function is None:
        return True
    around = call.function.node
    pads = any("pad" in c.name for c in handler.calls() if c.function == call.function)
    tests = (n for n in ast.walk(around) if isinstance(n, ast.Compare))
    return pads or any("shape" in ast.unparse(t) or "len(" in ast.unparse(t) for t in tests)
