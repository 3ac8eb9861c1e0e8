"""Check: a NumPy array is handed to a torch module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Call, Handler


@check(
    title="A NumPy array is handed to a torch module",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://pytorch.org/docs/stable/generated/torch.from_numpy.html",
    symptoms=(
        r"must be Tensor, not numpy\.ndarray",
        r"'numpy\.ndarray' object has no attribute 'dim'",
        r"Expected a value of type 'Tensor' .* but instead found type 'ndarray'",
        r"received an invalid combination of arguments - got \(numpy\.ndarray",
    ),
    explains=("no-no-grad",),
)
def numpy_array_into_torch_module(handler: Handler) -> Iterator[Finding]:
    """
    Torch modules take tensors, and predict_fn calls one with the array that input_fn returned.

    Every request fails. Make a tensor of it: ``torch.from_numpy(data).float()``, since NumPy's float64 doesn't go with
    float32 weights either.
    """
    for call in handler.calls():
        if not (handler.kinds.module(call.name) and call.name.endswith("()") and call.hooks and call.certain):
            continue
        if call.hooks <= {"model_fn"} or call.caught:
            continue
        arrays = [a for a in call.node.args if handler.kinds.array(handler.name(a, call.scope))]
        if arrays and not _converts(handler, call):
            given = ast.unparse(arrays[0])
            made = _made(handler)
            yield Finding(
                message=f"{call.path}:{call.line} calls the torch module with {given}, a NumPy array",
                evidence=(handler.seen(call.path, call.line), *made),
                fix=f"torch.from_numpy({given}).float()",
                log=_log(handler, call),
                cause=f"artifact:{call.path}:{call.line}",
            )


def _made(handler: Handler) -> tuple[Evidence, ...]:
    function = handler.hooks.get("input_fn")
    lines = [r.lineno for r in function.returned() if r.value is not None] if function else []
    return (handler.seen(function.path, lines[0]),) if function and lines else ()


def _class_of(handler: Handler, call: Call) -> str:
    return handler.names.class_name(call.name)


def _converts(handler: Handler, call: Call) -> bool:
    """Say whether the module's own forward makes tensors itself, or can't be seen."""
    forward = handler.names.function(f"{_class_of(handler, call)}.forward")
    makers = load("handler_kinds")["to_tensor"]
    return forward is not None and any(c.function == forward for c in handler.calls(*makers))


def _log(handler: Handler, call: Call) -> str:
    errors: dict[str, str] = load("handler_kinds")["array_errors"]
    if call.name.startswith("torch.jit."):
        return errors["torch.jit"]
    forward = handler.names.function(f"{_class_of(handler, call)}.forward")
    first = [c.name for c in handler.calls() if c.function == forward and c.name.endswith("()")] if forward else []
    known = [n.removesuffix("()") for n in first if n.removesuffix("()") in errors]
    return errors[known[0]] if known else errors[""]
