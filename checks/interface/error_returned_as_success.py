"""Check: a failure is answered as a result."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.source import own_nodes
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.source import Function
    from doctor.handler import Handler

_ASKED = (
    "input_fn",
    "predict_fn",
    "output_fn",
    "transform_fn",
    "model_fn",
    "handler",
    "input_handler",
    "output_handler",
    "handle",
)
_KEYS = {"error", "errors", "exception", "message", "error_message", "err"}
_WORDS = ("error", "invalid", "exception", "failed", "failure", "unsupported", "unknown model")


@check(
    title="A failure is answered with status 200",
    fault="error-as-success",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
)
def error_returned_as_success(handler: Handler) -> Iterator[Finding]:
    """
    A function that returns its error as a value makes a failed request look like a good one.

    The server answers with status 200: clients don't notice, alarms on 4XX and 5XX stay silent, retries don't happen.
    Raise instead; the stack then answers with an error status and logs the traceback.
    """
    told: set[str] = set()
    for function in _asked(handler):
        for node in own_nodes(function.node):
            if not isinstance(node, ast.Return) or node.value is None or function.dotted in told:
                continue
            what = _says_error(handler, function, node)
            if what and not _sets_status(handler, function):
                told.add(function.dotted)
                yield Finding(
                    message=f"{function.name} returns {what} in place of failing, so the request succeeds",
                    evidence=(handler.seen(function.path, node.lineno),),
                    fix=f"replace {function.path}:{node.lineno} with: raise",
                    likelihood=Likelihood.LIKELY,
                    cause=f"artifact:{function.path}:{function.qualname}:error",
                )


def _asked(handler: Handler) -> Iterator[Function]:
    """Yield the hooks, the routes, and the functions of the handler's own that these call."""
    seen = [handler.hooks[n] for n in _ASKED if n in handler.hooks]
    for script in handler.scripts.values():
        seen += [f for f in script.functions.values() if f"@{f.name}" in handler.reached(f) and f.node.decorator_list]
    direct = {f.dotted for f in seen}
    yield from seen
    for call in handler.calls():
        if call.function is None or call.function.dotted not in direct or _inspected(call.function):
            continue
        callee = handler.names.function(call.name)
        if callee is not None and callee.dotted not in direct and not callee.owner:
            yield callee


def _inspected(function: Function) -> bool:
    """Say whether a caller looks at results for an error."""
    texts = (n.value for n in own_nodes(function.node) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    raises = any(isinstance(n, ast.Raise) for n in own_nodes(function.node))
    return raises or any(t.lower() in _KEYS for t in texts)


def _says_error(handler: Handler, function: Function, node: ast.Return) -> str:
    value = node.value
    if isinstance(value, ast.Call) and handler.name(value.func, function.scope) in {"json.dumps", "flask.jsonify"}:
        value = value.args[0] if value.args else None
    if isinstance(value, ast.Dict):
        keys = [k.value for k in value.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)]
        within = _in_except(handler, function, node)
        telling = [k for k in keys if k.lower() in _KEYS and (within or k.lower().startswith("err"))]
        return f"{{{telling[0]!r}: ...}}" if telling and len(keys) <= 3 and (within or len(keys) == 1) else ""
    text = _start(value)
    return repr(text.strip()) if text.lower().startswith(_WORDS) else ""


def _start(value: ast.expr | None) -> str:
    if isinstance(value, ast.JoinedStr) and value.values:
        return _start(value.values[0])
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _in_except(handler: Handler, function: Function, node: ast.AST) -> bool:
    return any(isinstance(a, ast.ExceptHandler) for a in handler.scripts[function.path].ancestors(node))


def _sets_status(handler: Handler, function: Function) -> bool:
    """Say whether a function sets a status itself, by a call or by returning a number beside the answer."""
    if any(isinstance(n, ast.keyword) and n.arg in {"status", "status_code", "code"} for n in ast.walk(function.node)):
        return True
    calls = (c.name for c in handler.calls() if c.function == function)
    return any(name.endswith(("set_response_status", "abort", "make_response")) for name in calls)
