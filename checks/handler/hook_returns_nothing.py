"""Check: a hook has no return although its result is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.source import own_nodes
from doctor.handler.flow import always
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.source import Function
    from doctor.handler import Handler


@check(
    title="A function of the handler returns nothing",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#serve-a-pytorch-model",
    symptoms=(r"'NoneType' object (is not callable|has no attribute)",),
)
def hook_returns_nothing(handler: Handler, stack: str) -> Iterator[Finding]:
    """
    What model_fn and input_fn return is handed to predict_fn, what predict_fn returns to output_fn.

    Without a return that is None: the next function fails on it, or the answer is ``null``.
    """
    for name, user, position in (
        ("model_fn", "predict_fn", 1),
        ("input_fn", "predict_fn", 0),
        ("model_fn", "transform_fn", 0),
    ):
        function, next_one = handler.hooks.get(name), handler.hooks.get(user)
        if function is None or not _returns_nothing(function) or not handler.stack_calls(name):
            continue
        use = _use(handler, next_one, position) if next_one else None
        if use is not None:
            yield Finding(
                message=f"{name} returns nothing, and {user} uses what it returned",
                evidence=(handler.seen(function.path, function.line), handler.seen(next_one.path, use.lineno))
                if next_one
                else (),
                fix=f"end {name} with: return {'model' if name == 'model_fn' else 'data'}",
                log=_log(use),
                cause=f"artifact:{function.path}:{name}",
            )
    if stack in {"pytorch", "huggingface", "sklearn", "xgboost"}:
        yield from _default(handler, stack)


def _default(handler: Handler, stack: str) -> Iterator[Finding]:
    function = handler.hooks.get("model_fn")
    own = {"predict_fn", "transform_fn"} & {
        n for n in ("predict_fn", "transform_fn") if handler.defines(n) is not False
    }
    if function is not None and _returns_nothing(function) and not own:
        missing = {"pytorch": "to"}.get(stack, "predict")
        callable_ = "TypeError: 'NoneType' object is not callable"
        log = callable_ if stack == "huggingface" else f"AttributeError: 'NoneType' object has no attribute '{missing}'"
        yield Finding(
            message="model_fn returns nothing, and the default predict_fn calls what it returned",
            evidence=(handler.seen(function.path, function.line),),
            fix="end model_fn with: return model",
            log=log,
            cause=f"artifact:{function.path}:model_fn",
        )


def _returns_nothing(function: Function) -> bool:
    """Say whether a function can only return None, and doesn't just raise."""
    kinds = (ast.Yield, ast.YieldFrom)
    if any(
        isinstance(n, kinds) or (isinstance(n, ast.Return) and n.value is not None) for n in own_nodes(function.node)
    ):
        return False
    decorated = bool(function.node.decorator_list)
    return not decorated and not isinstance(function.node.body[-1], ast.Raise) and not _stub(function)


def _stub(function: Function) -> bool:
    return all(
        isinstance(s, (ast.Expr, ast.Pass)) and not isinstance(getattr(s, "value", None), ast.Call)
        for s in function.node.body
    )


def _use(handler: Handler, function: Function, position: int) -> ast.expr | None:
    """Return where a function calls its parameter or takes an attribute of it, before giving it another value."""
    if position >= len(function.parameters):
        return None
    parameter = function.parameters[position]
    if len(function.scope.bindings.get(parameter, [])) > 1:
        return None
    for node in own_nodes(function.node):
        target = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Attribute) else None
        used = isinstance(target, ast.Name) and target.id == parameter
        if used and isinstance(node, ast.expr) and always(handler.scripts[function.path], node):
            return node
    return None


def _log(use: ast.expr) -> str:
    if isinstance(use, ast.Attribute):
        return f"AttributeError: 'NoneType' object has no attribute '{use.attr}'"
    return "TypeError: 'NoneType' object is not callable"
