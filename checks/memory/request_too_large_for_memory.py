"""Check: arrays that the handler makes itself don't fit into memory."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Call, Handler
    from doctor.target import Target

_LEAST = 256 << 20


class _Made(NamedTuple):
    """Bytes of an array that a call makes."""

    call: Call
    size: int


@check(
    title="Arrays that the handler makes itself don't fit into the instance's memory",
    fault="host-memory-or-disk",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://numpy.org/doc/stable/reference/generated/numpy.ndarray.nbytes.html",
    symptoms=(
        r"Unable to allocate .* for an array with shape",
        r"DefaultCPUAllocator: can't allocate memory",
        r"Killed",
    ),
)
def request_too_large_for_memory(handler: Handler, target: Target, stack: str) -> Iterator[Finding]:
    """
    The script makes arrays of a fixed size while it is imported, once in each of the server's workers.

    NumPy's random numbers and zeros are float64, eight bytes each; a tensor of them in float32 takes four more. Make
    such arrays smaller, or serve on an instance with more memory.
    """
    made = [m for c in handler.calls() if c.at_import and c.certain and (m := _made(handler, c)).size]
    total = sum(m.size for m in made)
    if total < _LEAST:
        return
    workers = int(target.hardware["vcpu"]) if stack in {"pytorch", "sklearn", "xgboost"} and not target.gpu else 1
    if total * workers <= target.memory:
        return
    yield Finding(
        message=f"each of {workers} workers makes arrays of {total / 1e9:.1f} GB at import, "
        f"{total * workers / 1e9:.1f} GB in all, and {target.instance} has {target.memory / 1e9:.1f} GB",
        evidence=(*(handler.seen(m.call.path, m.call.line) for m in made), target.evidence()),
        fix="make the arrays smaller, or take an instance with more memory",
        likelihood=Likelihood.CERTAIN if total > target.memory else Likelihood.LIKELY,
        log="numpy._core._exceptions._ArrayMemoryError: Unable to allocate",
        cause="target:memory",
    )


def _made(handler: Handler, call: Call) -> _Made:
    count = _count(handler, call)
    if count:
        return _Made(call, count * _item(handler, call, load("handler_kinds")["literal_arrays"][call.name][1]))
    if call.name in load("handler_kinds")["to_tensor"] and call.argument(1, "dtype") is not None:
        source = call.argument(0)
        counts = [_count(handler, c) for c in handler.calls(*load("handler_kinds")["literal_arrays"])]
        named = isinstance(source, ast.Name) and handler.name(source, call.scope).removesuffix("()")
        if named in load("handler_kinds")["literal_arrays"]:
            return _Made(call, max(counts, default=0) * _item(handler, call, 4))
    return _Made(call, 0)


def _count(handler: Handler, call: Call) -> int:
    how = load("handler_kinds")["literal_arrays"].get(call.name)
    if how is None:
        return 0
    first = call.argument(0, "size" if how[0] == "dims" else "shape")
    parts = first.elts if isinstance(first, (ast.Tuple, ast.List)) else call.node.args if how[0] == "dims" else [first]
    texts = [handler.text(p, call.scope) or "" for p in parts]
    return math.prod(int(t) for t in texts) if texts and all(t.isdigit() for t in texts) else 0


def _item(handler: Handler, call: Call, default: int) -> int:
    given = call.argument(-1, "dtype")
    name = handler.name(given, call.scope).rpartition(".")[2] if given is not None else ""
    size: int = load("handler_kinds")["item_bytes"].get(name, default)
    return size
