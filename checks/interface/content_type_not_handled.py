"""Check: input_fn refuses the kind of data that the sample is."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.source import own_nodes
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.source import Function
    from doctor.handler import Handler


@check(
    title="The sample's content type is not one that input_fn takes",
    fault="content-type",
    severity=Severity.WARNING,
    stage=Stage.FIRST_REQUEST,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#process-model-input",
    symptoms=(r"[Uu]nsupported content.?type",),
)
def content_type_not_handled(handler: Handler, sample: bytes) -> Iterator[Finding]:
    """
    input_fn compares the content type with the ones that it knows and refuses all others.

    The sample is of another kind, so a request that names its content type truthfully fails. Handle it in input_fn, or
    send what the handler takes.
    """
    function = handler.hooks.get("input_fn")
    if function is None or len(function.parameters) < 2 or not handler.stack_calls("input_fn"):
        return
    handled = _handled(handler, function)
    refuses = any(isinstance(n, ast.Raise) for n in own_nodes(function.node))
    kind = _kind(sample) if handled and refuses else ""
    if kind and not any(kind.partition("/")[2] in h.lower() for h in handled):
        yield Finding(
            message=f"the sample is {kind}, and input_fn only takes {', '.join(sorted(handled))}",
            evidence=(handler.seen(function.path, function.line), Evidence("sample", repr(sample[:60])[1:])),
            fix=f"handle {kind!r} in input_fn, or send {min(handled)}",
            likelihood=Likelihood.LIKELY,
            cause=f"artifact:{function.path}:content-type",
        )


def _handled(handler: Handler, function: Function) -> set[str]:
    """Return the content types that a function compares its second parameter with, none where it does more."""
    parameter = function.parameters[1]
    found: set[str] = set()
    for node in own_nodes(function.node):
        if not (isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == parameter):
            continue
        right = node.comparators[0]
        for part in right.elts if isinstance(right, (ast.Tuple, ast.List, ast.Set)) else [right]:
            text = handler.text(part, function.scope)
            if text is None or "/" not in text:
                return set()
            found.add(text)
    return set() if len(function.scope.bindings.get(parameter, [])) > 1 else found


def _kind(sample: bytes) -> str:
    """Return the content type of data that can be told for sure: JSON objects and lists."""
    try:
        return "application/json" if isinstance(json.loads(sample), (dict, list)) else ""
    except (ValueError, RecursionError):
        return ""
