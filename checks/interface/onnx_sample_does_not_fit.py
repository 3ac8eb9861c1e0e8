"""Check: the sample request has another shape than the ONNX model takes."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.onnxruntime import sessions

if TYPE_CHECKING:
    from doctor.formats.kinds.base import Port
    from doctor.handler import Handler
    from doctor.models import Models

# What a predict_fn may call without changing the shape of what it was given.
_KEEPS_SHAPE = frozenset({
    "run", "get_inputs", "get_outputs", "numpy", "cpu", "detach", "float", "astype", "asarray", "array", "tolist",
})  # fmt: skip
_MOST_DIMENSIONS = 16


@check(
    title="The sample request has another shape than the ONNX model takes",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/microsoft/onnxruntime/issues/5577",
    symptoms=(
        r"Got invalid dimensions for input: \S+ for the following indices",
        r"Invalid rank for input: \S+ Got: \d+ Expected: \d+",
    ),
    explains=("onnx-batch-fixed",),
)
def onnx_sample_does_not_fit(models: Models, handler: Handler, sample: bytes) -> Iterator[Finding | Unknown]:
    """
    A fixed dimension of an ONNX model's input takes that length and no other; the number of dimensions is fixed too.

    An export from one example fixes the first dimension at 1, and a request with two fails. Export with a dynamic
    first dimension, or send what the model takes.
    """
    found = list(sessions(models, handler))
    shape = _shape_of(sample) if found else None
    if shape is None:
        return
    for session in found:
        port = session.file.inputs[0] if len(session.file.inputs) == 1 else None
        wrong = _wrong(shape, port) if port is not None else ""
        if port is None or not wrong:
            continue
        if session.likelihood is not Likelihood.CERTAIN or not _passes_on(handler):
            yield Unknown("whether the handler gives the model the request as it came can't be known")
            continue
        took = "x".join("any" if d is None else str(d) for d in port.shape or ())
        yield Finding(
            message=f"the sample is {'x'.join(map(str, shape))}, and {session.file.path} takes {port.name} as {took}",
            evidence=(
                Evidence("sample", f"a JSON list of {'x'.join(map(str, shape))}"),
                Evidence(f"artifact:{session.file.path}", f"input {port.name}: {port.dtype} {took}"),
                *session.evidence,
            ),
            fix="export again with a dynamic first dimension: torch.onnx.export(model, (x,), "
            f'"{session.file.path}", input_names=["{port.name}"], dynamic_shapes=({{0: "batch"}},), dynamo=True)',
            log=f"[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : {wrong}",
            cause=f"artifact:{session.file.path}",
        )


def _shape_of(sample: bytes) -> tuple[int, ...] | None:
    """Return the shape of a JSON request that is an array of numbers, None for any other."""
    try:
        value: Any = json.loads(sample)
    except (ValueError, RecursionError):
        return None
    shape: list[int] = []
    while isinstance(value, list) and value and len(shape) < _MOST_DIMENSIONS:
        shape.append(len(value))
        value = value[0]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return tuple(shape) if shape and number else None


def _wrong(shape: tuple[int, ...], port: Port) -> str:
    """Return what onnxruntime says of an array of that shape, "" where it fits."""
    if port.shape is None:
        return ""
    if len(shape) != len(port.shape):
        return f"Invalid rank for input: {port.name} Got: {len(shape)} Expected: {len(port.shape)}"
    off = [
        f"index: {at} Got: {got} Expected: {want}"
        for at, (got, want) in enumerate(zip(shape, port.shape, strict=True))
        if isinstance(want, int) and got != want
    ]
    return f"Got invalid dimensions for input: {port.name} for the following indices {' '.join(off)}" if off else ""


def _passes_on(handler: Handler) -> bool:
    """Say whether the request reaches the session with the shape that it came with."""
    predict = handler.hooks.get("predict_fn")
    if predict is None or not {"input_fn", "transform_fn"}.isdisjoint(handler.hooks):
        return False
    taken = predict.parameters[0] if predict.parameters else ""
    return all(_keeps(node, taken) for node in ast.walk(predict.node))


def _keeps(node: ast.AST, taken: str) -> bool:
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return called in _KEEPS_SHAPE
    if isinstance(node, ast.Subscript):
        return taken not in {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)} or _is_result(node)
    return not isinstance(node, ast.For | ast.While | ast.comprehension | ast.If | ast.IfExp)


def _is_result(node: ast.Subscript) -> bool:
    """Say whether what is subscripted is what the session answered."""
    called = node.value
    return isinstance(called, ast.Call) and isinstance(called.func, ast.Attribute) and called.func.attr == "run"
