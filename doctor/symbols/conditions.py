"""What an expression is worth where that can be told: versions of Python, constants, membership in a literal."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from doctor.formats.source import dotted


class Nobody:
    """The value that nobody knows without running the code."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = Nobody()
_DEEPEST = 40

Look = Callable[[str], Any]

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
    ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip


def value(node: ast.expr, look: Look, depth: int = 0) -> Any:
    """
    Return what an expression is worth, or UNKNOWN.

    Args:
        node: the expression; nothing in it is run.
        look: gives the values of names, dotted as they are written ("sys.version_info"), or UNKNOWN.
        depth: of the expression within another.
    """
    method = _METHODS.get(type(node)) if depth < _DEEPEST else None
    try:
        return method(node, look, depth + 1) if method else UNKNOWN
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError):
        return UNKNOWN


def always(python: str) -> dict[str, Any]:
    """Return the names whose value is the same in every module under a Python ("3.10", "" where nobody knows)."""
    known: dict[str, Any] = {"TYPE_CHECKING": False, "sys.platform": UNKNOWN, "__debug__": True}
    parts = tuple(int(p) for p in python.split(".") if p.isdigit())
    if len(parts) >= 2:
        known["sys.version_info"] = (*parts, *(0,) * (3 - len(parts)), "final", 0)
        known["sys.version_info.major"], known["sys.version_info.minor"] = parts[:2]
    return known


def _constant(node: Any, _look: Look, _depth: int) -> Any:
    return node.value


def _name(node: Any, look: Look, _depth: int) -> Any:
    written = dotted(node)
    if not written:
        return UNKNOWN
    return False if written.endswith(".TYPE_CHECKING") else look(written)


def _items(node: Any, look: Look, depth: int) -> Any:
    found = [value(e, look, depth) for e in node.elts if not isinstance(e, ast.Starred)]
    return UNKNOWN if len(found) < len(node.elts) else tuple(found)


def _dict(node: Any, look: Look, depth: int) -> Any:
    keys = [UNKNOWN if k is None else value(k, look, depth) for k in node.keys]
    if any(k is UNKNOWN for k in keys):
        return UNKNOWN
    return dict(zip(keys, (value(v, look, depth) for v in node.values), strict=True))


def _compare(node: Any, look: Look, depth: int) -> Any:
    left = value(node.left, look, depth)
    for sign, right_node in zip(node.ops, node.comparators, strict=True):
        right = value(right_node, look, depth)
        if left is UNKNOWN or right is UNKNOWN or (isinstance(right, tuple) and _hides(left, right)):
            return UNKNOWN
        if not _COMPARE[type(sign)](left, right):
            return False
        left = right
    return True


def _hides(left: Any, right: tuple[Any, ...]) -> bool:
    """Whether a tuple has parts that nobody knows, and none that is known to equal what is looked for."""
    return any(r is UNKNOWN for r in right) and left not in [r for r in right if r is not UNKNOWN]


def _junction(node: Any, look: Look, depth: int) -> Any:
    stop = isinstance(node.op, ast.Or)  # True ends an `or`, False an `and`
    found = [value(v, look, depth) for v in node.values]
    if any(v is not UNKNOWN and bool(v) is stop for v in found):
        return stop
    return UNKNOWN if any(v is UNKNOWN for v in found) else not stop


def _unary(node: Any, look: Look, depth: int) -> Any:
    inner = value(node.operand, look, depth)
    if inner is UNKNOWN:
        return UNKNOWN
    return not inner if isinstance(node.op, ast.Not) else -inner if isinstance(node.op, ast.USub) else UNKNOWN


def _binary(node: Any, look: Look, depth: int) -> Any:
    left, right = value(node.left, look, depth), value(node.right, look, depth)
    if left is UNKNOWN or right is UNKNOWN or not isinstance(node.op, (ast.Add, ast.BitOr)):
        return UNKNOWN
    return left + right if isinstance(node.op, ast.Add) else {*left, *right}


def _part(node: Any, look: Look, depth: int) -> Any:
    whole = value(node.value, look, depth)
    if whole is UNKNOWN:
        return UNKNOWN
    if isinstance(node.slice, ast.Slice):
        if node.slice.step is not None:
            return UNKNOWN
        ends = [None if e is None else value(e, look, depth) for e in (node.slice.lower, node.slice.upper)]
        return UNKNOWN if UNKNOWN in ends else whole[ends[0] : ends[1]]
    at = value(node.slice, look, depth)
    return UNKNOWN if at is UNKNOWN else whole[at]


def _call(node: Any, look: Look, depth: int) -> Any:
    if isinstance(node.func, ast.Attribute) and node.func.attr in {"startswith", "endswith"} and len(node.args) == 1:
        text, part = value(node.func.value, look, depth), value(node.args[0], look, depth)
        return getattr(text, node.func.attr)(part) if isinstance(text, str) and isinstance(part, str) else UNKNOWN
    if dotted(node.func) in {"set", "list", "tuple", "frozenset", "sorted"} and len(node.args) == 1:
        return value(node.args[0], look, depth)
    return UNKNOWN


_METHODS: Mapping[type[ast.AST], Callable[[Any, Look, int], Any]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _name, ast.Tuple: _items, ast.List: _items,
    ast.Set: _items, ast.Dict: _dict, ast.Compare: _compare, ast.BoolOp: _junction, ast.UnaryOp: _unary,
    ast.BinOp: _binary, ast.Subscript: _part, ast.Call: _call,
}  # fmt: skip
