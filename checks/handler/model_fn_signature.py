"""Check: model_fn treats its parameter as the request."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.source import Function
    from doctor.handler import Call, Handler


@check(
    title="The model's folder is treated as if it were a request",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#load-a-model",
    symptoms=(
        r"'(dict|str|NoneType)' object has no attribute 'predict'",
        r"could not convert string to float: '/opt/ml/model'",
        r"Expected 2D array, got scalar array instead",
    ),
    explains=("error-returned-as-success", "model-loaded-at-import"),
)
def model_fn_signature(handler: Handler) -> Iterator[Finding]:
    """
    model_fn is called once, with the folder of the model, and must return the model.

    Requests go to input_fn and predict_fn. A model_fn that predicts fails on the text "/opt/ml/model", or, where it
    catches its own errors, hands its error message on as if that were the model: start and /ping succeed, every
    request fails.
    """
    function = handler.hooks.get("model_fn")
    if function is None or not function.parameters or not handler.stack_calls("model_fn"):
        return
    first = function.parameters[0]
    uses = [c for c in handler.calls() if c.function == function and _decodes(c, first)]
    predicts = [c for c in handler.calls("*.predict", "*.predict_proba") if c.function == function]
    if not uses or not (predicts or _returned(function, uses)):
        return
    shown = tuple(handler.seen(c.path, c.line) for c in (uses[0], *predicts[:1]))
    masked = uses[0].caught or any(c.caught for c in predicts)
    then = "; its except clause then returns an error in place of a model" if masked else ""
    yield Finding(
        message=f"model_fn({first}) is given the folder '/opt/ml/model', and reads it as a request{then}",
        evidence=(handler.seen(function.path, function.line), *shown),
        fix="def model_fn(model_dir): return the loaded model; move what is here to def predict_fn(input_data, model):",
        log="AttributeError: 'dict' object has no attribute 'predict'" if masked else "",
        cause=f"artifact:{function.path}:model_fn",
    )


def _decodes(call: Call, parameter: str) -> bool:
    if call.name not in load("handler_kinds")["request_decoders"] and not call.name.endswith(
        (".predict", ".predict_proba")
    ):
        return False
    argument = call.argument(0)
    return isinstance(argument, ast.Name) and argument.id == parameter


def _returned(function: Function, uses: list[Call]) -> bool:
    return any(r.value in {c.node for c in uses} for r in function.returned())
