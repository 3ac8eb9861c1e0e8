"""Check: json.dumps is given what JSON can't hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The answer holds what json.dumps can't write",
    fault="response-shape",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.python.org/3/library/json.html#json.JSONEncoder",
    symptoms=(r"TypeError: Object of type (ndarray|Tensor|float32|int64|DataFrame) is not JSON serializable",),
)
def output_not_json(handler: Handler, models: Models) -> Iterator[Finding]:
    """
    json.dumps knows lists, dictionaries, texts, numbers and None; NumPy arrays and tensors it refuses.

    The model predicts, and the answer fails. Turn arrays and tensors into lists with ``.tolist()``.
    """
    for call in handler.calls("json.dumps"):
        plain = not any(k.arg in {"default", "cls", None} for k in call.node.keywords)
        if not (plain and call.hooks and call.certain and not call.caught):
            continue
        for value in _values(call.argument(0, "obj")):
            kind = _kind(handler, models, handler.name(value, call.scope))
            if kind:
                text = ast.unparse(value)
                yield Finding(
                    message=f"{call.path}:{call.line} gives json.dumps {text}, which is of type {kind}",
                    evidence=(handler.seen(call.path, call.line),),
                    fix=f"{text}.tolist()",
                    log=f"TypeError: Object of type {kind} is not JSON serializable",
                    cause=f"artifact:{call.path}:{call.line}",
                )
                break


def _values(node: ast.expr | None) -> Iterator[ast.expr]:
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _values(value)
    elif isinstance(node, (ast.List, ast.Tuple)):
        for value in node.elts:
            yield from _values(value)
    elif node is not None:
        yield node


def _kind(handler: Handler, models: Models, name: str) -> str:
    if handler.kinds.array(name):
        return "ndarray"
    if handler.kinds.tensor(name) or handler.kinds.answered(name):
        return "Tensor"
    loader = handler.kinds.predicted(name)
    return "ndarray" if loader and _predicts_arrays(handler, models, loader) else ""


def _predicts_arrays(handler: Handler, models: Models, loader: str) -> bool:
    """Say whether the model that a loader loads is one of a library whose predict returns an array."""
    loads = {"joblib.load()": "joblib.load", "pickle.load()": "open"}
    paths = {o.path for o in handler.opened() if o.call.name == loads.get(loader) and o.path}
    file = models.at(paths.pop()) if len(paths) == 1 else None
    first = file.symbols[0].module.partition(".")[0] if file is not None and file.symbols else ""
    return first in {"sklearn", "xgboost", "lightgbm"}
