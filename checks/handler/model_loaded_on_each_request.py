"""Check: the model is loaded again for each request."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.source import Function
    from doctor.handler import Call, Handler

_LOADS = {"model_fn", "initialize", "load_context", "__init__", "pre_model_fn"}
_CACHES = {
    "functools.lru_cache",
    "functools.cache",
    "functools.cached_property",
    "functools.lru_cache()",
    "cachetools.cached()",
}


@check(
    title="The model is loaded again for each request",
    fault="model-loading",
    severity=Severity.WARNING,
    stage=Stage.TRAFFIC,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#load-a-model",
    symptoms=(r"ModelError.*timed out", r"Worker died", r"\[CRITICAL\] WORKER TIMEOUT"),
)
def model_loaded_on_each_request(handler: Handler) -> Iterator[Finding]:
    """
    The file is read and the model built inside a function that runs for every request.

    Each request then takes as long as loading does, and needs the memory of one more model while it runs; under
    traffic requests time out. Load once, in model_fn or when the script is imported, and keep the model.
    """
    loaders = load("handler_contracts")["model_loaders"]
    told: set[str] = set()
    for opened in handler.opened():
        call = opened.call
        asked = sorted(call.hooks - _LOADS)
        if call.name not in loaders or opened.text is None or not asked or call.hooks & _LOADS or call.at_import:
            continue
        if _kept(handler, call) or opened.text in told:
            continue
        told.add(opened.text)
        yield Finding(
            message=f"{call.path}:{call.line} loads {opened.text} for each request, in {asked[0].removeprefix('@')}",
            evidence=(handler.seen(call.path, call.line),),
            fix="load it once, in model_fn or at the top of the script, and use that object in the request",
            cause=f"artifact:{call.path}:{call.function.qualname if call.function else call.line}:load",
        )


def _kept(handler: Handler, call: Call) -> bool:
    """Say whether what is loaded is kept: in a cache, a global, an attribute or a container, or under a check."""
    function = call.function
    if function is None or any(handler.name(d, function.scope) in _CACHES for d in function.node.decorator_list):
        return True
    if function.name in _LOADS or function.scope.outer:
        return True
    script = handler.scripts[call.path]
    if any(isinstance(a, (ast.If, ast.IfExp, ast.BoolOp)) and _asks(a) for a in script.ancestors(call.node)):
        return True
    stored = (a for a in script.ancestors(call.node) if isinstance(a, ast.Assign))
    if any(not isinstance(t, ast.Name) for a in stored for t in a.targets):
        return True
    return not _only_asked(handler, function)


def _asks(node: ast.AST) -> bool:
    """Say whether a condition asks if something is there already: None, ``not``, ``in``."""
    test = node.test if isinstance(node, (ast.If, ast.IfExp)) else node
    found = (ast.Is, ast.IsNot, ast.In, ast.NotIn, ast.Not, ast.Or)
    return any(isinstance(n, found) for n in ast.walk(test))


def _only_asked(handler: Handler, function: Function) -> bool:
    """Say whether the callers of a loading function are plain: none of them keeps or guards what it returns."""
    callers = [c for c in handler.calls(function.dotted) if c.function is not None and c.function != function]
    if function.name in handler.hooks or any(h.removeprefix("@") == function.name for h in handler.reached(function)):
        return True
    return bool(callers) and not any(_kept(handler, c) for c in callers if c.function is not None)
