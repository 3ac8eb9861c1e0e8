"""Check: a model is loaded that no request can choose."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.source import Script
    from doctor.handler import Call, Handler


@check(
    title="A model is loaded that no request can choose",
    fault="multi-model",
    severity=Severity.NOTE,
    stage=Stage.SILENT,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints.html",
    explains=("model-loaded-at-import",),
)
def model_never_chosen(handler: Handler) -> Iterator[Finding]:
    """
    Where one handler loads several models, something in the request has to say which of them is to answer.

    A model that is assigned to a name which nothing reads afterwards takes memory and never answers: requests meant
    for it are answered by another. Choose the model by a field of the request, or don't load it.
    """
    loads = [c for c in handler.calls(*load("handler_contracts")["model_loaders"]) if c.at_import]
    named = [(c, name) for c in loads if (name := _global(handler.scripts[c.path], c))]
    if len(named) < 2:
        return
    for call, name in named:
        if not any(_reads(script, name) for script in handler.scripts.values()):
            yield Finding(
                message=f"{name} is loaded and nothing reads it: {len(named)} models are loaded, and no request can "
                "choose this one",
                evidence=(handler.seen(call.path, call.line),),
                fix=f"choose between the models by a field of the request, or don't load {name}",
                cause=f"artifact:{call.path}:{call.line}",
            )


def _global(script: Script, call: Call) -> str:
    """The global that the call's value is assigned to as it is, or "" where it goes elsewhere."""
    assigned = next(iter(script.ancestors(call.node)), None)
    if call.function is None and isinstance(assigned, ast.Assign) and len(assigned.targets) == 1:
        target = assigned.targets[0]
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def _reads(script: Script, name: str) -> bool:
    """Whether a script may read a name: by itself, as an attribute of a module, or as text (globals()[...])."""
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, ast.Attribute) and node.attr == name:
            return True
        if isinstance(node, ast.alias) and node.name in {name, "*"}:
            return True
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"globals", "vars", "eval"}
        ):
            return True
    return False
