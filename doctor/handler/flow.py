"""Which bindings reach a use, whether a line is surely run, and whether its failure is caught."""

from __future__ import annotations

import ast
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from doctor.formats.source import Binding, Script, own_nodes

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_FRAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FURTHEST = 50  # bindings looked at before a use

Branch = tuple[int, str]


def branches(script: Script, node: ast.AST) -> list[Branch]:
    """Return the branches of conditions, loops and handlers that a node stands in, outermost first."""
    found: list[Branch] = []
    inner = node
    for outer in script.ancestors(node):
        name = _branch(outer, inner)
        if name:
            found.append((id(outer), name))
        if isinstance(outer, _FRAMES):
            break
        inner = outer
    return found[::-1]


def _branch(outer: ast.AST, inner: ast.AST) -> str:
    """Return the branch of `outer` that `inner` is, "" where it is no branch: a test, what a loop runs over."""
    if isinstance(outer, ast.Try):
        return str(id(inner)) if isinstance(inner, ast.ExceptHandler) else "orelse" if inner in outer.orelse else ""
    if isinstance(outer, ast.BoolOp):
        return "" if inner is outer.values[0] else "rest"
    if isinstance(outer, _COMPREHENSIONS):
        return "" if inner is outer.generators[0] else "each"
    if isinstance(outer, (ast.If, ast.IfExp, *_LOOPS)):
        return next((part for part in ("body", "orelse") if _holds(getattr(outer, part), inner)), "")
    return {ast.match_case: "case", ast.Lambda: "later"}.get(type(outer), "")


def _holds(part: ast.AST | list[ast.AST], node: ast.AST) -> bool:
    return node in part if isinstance(part, list) else node is part


def reaching(script: Script, bindings: Sequence[Binding], use: ast.AST) -> list[Binding]:
    """Return the bindings of a name in its own scope that a use may see; those without a place reach it always."""
    at = getattr(use, "lineno", 0)
    here = branches(script, use)
    found: list[Binding] = []
    last = bisect_right(bindings, at, key=lambda b: b.line)  # they are in the order of the source
    for binding in reversed(bindings[max(0, last - _FURTHEST) : last]):
        if _around(script, binding, use):
            continue
        there = branches(script, binding.value) if binding.value is not None else []
        if _exclude(there, here):
            continue
        found.append(binding)
        if there == here[: len(there)]:
            break
    return found


def _around(script: Script, binding: Binding, use: ast.AST) -> bool:
    """Say whether the use stands in the very value that is bound: ``x = f(x)``."""
    return binding.value is use or (binding.value is not None and binding.value in script.ancestors(use))


def _exclude(one: list[Branch], other: list[Branch]) -> bool:
    """Say whether two places are in different branches of one condition."""
    taken = dict(one)
    return any(taken.get(node, branch) != branch for node, branch in other)


def always(script: Script, node: ast.AST) -> bool:
    """Say whether a node is run each time its function (or the import of its module) is, as far as syntax tells."""
    if branches(script, node):
        return False
    frame = next((a for a in script.ancestors(node) if isinstance(a, _FRAMES)), None)
    return frame is None or not _left_before(script, frame, node)


def _left_before(script: Script, frame: ast.AST, node: ast.AST) -> bool:
    if frame not in script.early:
        leaves = (n.lineno for n in own_nodes(frame) if isinstance(n, ast.Return) and branches(script, n))
        script.early[frame] = min(leaves, default=sys.maxsize)
    return script.early[frame] < getattr(node, "lineno", 0)


def handlers_around(script: Script, node: ast.AST) -> Iterator[ast.ExceptHandler]:
    """Yield the except clauses that see a failure of a node, within its function."""
    inner = node
    for outer in script.ancestors(node):
        if isinstance(outer, _FRAMES):
            return
        if isinstance(outer, ast.Try) and inner in outer.body:
            yield from outer.handlers
        inner = outer


def caught(script: Script, node: ast.AST) -> bool:
    """Say whether a failure of a node stays inside its function: an except clause takes it and doesn't raise."""
    return any(not _raises(handler) for handler in handlers_around(script, node))


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(n, ast.Raise) for n in own_nodes(handler))
