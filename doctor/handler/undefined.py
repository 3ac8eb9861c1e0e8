"""Names that a handler uses and nothing defines: neither its code, nor an import, nor Python."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from typing import NamedTuple

from doctor.formats.source import Scope, Script, Site
from doctor.handler.flow import always, caught, handlers_around
from doctor.handler.value import Handler

_MODULE_NAMES = {"__file__", "__name__", "__doc__", "__package__", "__spec__", "__loader__", "__path__", "__builtins__",
                 "__annotations__", "__class__", "__qualname__", "__module__", "__dict__", "__debug__",
                 "WindowsError", "unicode", "xrange"}  # fmt: skip
_DYNAMIC = {"exec", "globals", "eval", "vars", "locals", "setattr", "__import__"}


class Undefined(NamedTuple):
    """One use of a name that nothing defines; ``certain`` where each import, or call of a hook, gets there."""

    name: str
    path: str
    line: int
    certain: bool
    importable: bool


def undefined(handler: Handler) -> Iterator[Undefined]:
    """Yield the first use of each such name that is reached; none of scripts that make names while they run."""
    for script in handler.scripts.values():
        if script.error is not None or _makes_names(script):
            continue
        told: dict[tuple[str, bool], Undefined] = {}
        for site in script.mentions:
            use = _use(handler, script, site)
            if use is not None:
                told.setdefault((use.name, use.certain), use)
        yield from told.values()


def _makes_names(script: Script) -> bool:
    if any(scope.stars for scope in script.scopes.values()) or "__getattr__" in script.scope.bindings:
        return True
    return any(isinstance(s.node, ast.Name) and s.node.id in _DYNAMIC for s in script.mentions)


def _use(handler: Handler, script: Script, site: Site) -> Undefined | None:
    node = site.node
    if not (site.runs and isinstance(node, ast.Name)) or _known(node.id, site.scope) or _excused(script, node):
        return None
    function = script.function_at(site.scope)
    if function is None:
        certain = handler.imported(script) and always(script, node)
        reached = handler.imported(script)
    else:
        certain = handler.certain(function) and always(script, node)
        reached = bool(handler.reached(function)) or handler.certain(function)
    if not reached:
        return None
    importable = node.id in sys.stdlib_module_names
    return Undefined(node.id, script.path, node.lineno, certain and not _guarded(script, node), importable)


def _known(name: str, scope: Scope) -> bool:
    return scope.lookup(name) is not None or hasattr(builtins, name) or name in _MODULE_NAMES


def _excused(script: Script, node: ast.Name) -> bool:
    """Say whether a use is an annotation, which needn't be evaluated, or stands under a test of the name itself."""
    if any("NameError" in ast.dump(h.type) for h in handlers_around(script, node) if h.type is not None):
        return True
    inner: ast.AST = node
    for outer in script.ancestors(node):
        if isinstance(outer, ast.Raise):
            return True  # it fails either way
        if isinstance(outer, ast.arg) or (isinstance(outer, ast.AnnAssign) and inner is outer.annotation):
            return True
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner is outer.returns:
            return True
        if getattr(outer, "type_params", None):
            return True
        inner = outer
    return False


def _guarded(script: Script, node: ast.Name) -> bool:
    """Say whether a failure is taken by an except clause."""
    return caught(script, node)
