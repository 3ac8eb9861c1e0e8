"""Check: the handler ends the server's process."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Call, Handler

_EXITS = ("exit", "quit", "sys.exit", "os._exit")


@check(
    title="The handler ends the server's process",
    fault="multi-model",
    severity=Severity.WARNING,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/exceptions.html#SystemExit",
    symptoms=(r"SystemExit: 1", r"Worker died", r"Backend worker process died"),
)
def exit_at_import(handler: Handler) -> Iterator[Finding]:
    """
    exit() and sys.exit() end the worker's process, and no server catches SystemExit.

    Where several models are loaded together, one that can't be loaded takes the others down with it, and the server
    starts the worker again and again. In a request it ends the worker that answers. Raise an exception that names the
    model instead, or keep the others serving.
    """
    loaders = set(load("handler_contracts")["model_loaders"])
    for call in handler.calls(*_EXITS):
        models = _loaded_together(handler, call, loaders) if call.at_import or "model_fn" in call.hooks else []
        asked = sorted(call.hooks - {"model_fn"})
        if len(models) < 2 and not asked:
            continue
        when = (
            f"where one of {len(models)} models can't be loaded, and takes the others with it"
            if models
            else f"in {asked[0]}"
        )
        yield Finding(
            message=f"{call.path}:{call.line} ends the worker {when}",
            evidence=(handler.seen(call.path, call.line), *(handler.seen(m.path, m.line) for m in models[:3])),
            fix=f"replace {call.path}:{call.line} with: raise",
            likelihood=Likelihood.POSSIBLE,
            cause=f"artifact:{call.path}:{call.line}",
        )


def _loaded_together(handler: Handler, call: Call, loaders: set[str]) -> list[Call]:
    """Return the loads in the try whose except clause the call stands in."""
    script = handler.scripts[call.path]
    tried = next((a for a in script.ancestors(call.node) if isinstance(a, ast.Try)), None)
    within = {id(n) for statement in tried.body for n in ast.walk(statement)} if tried else set()
    return [c for c in handler.calls(*loaders) if id(c.node) in within]
