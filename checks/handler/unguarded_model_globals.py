"""Check: requests assign a global model without a lock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="Requests load a model into a global without a lock",
    fault="concurrency",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://docs.python.org/3/library/threading.html#lock-objects",
)
def unguarded_model_globals(handler: Handler) -> Iterator[Finding]:
    """
    Where a server answers requests in threads, two first requests both find no model and both load one.

    It works with one thread a worker, as TorchServe, Multi Model Server and gunicorn's sync workers have. With threads
    it takes twice the memory for a while. Load in model_fn, or take a threading.Lock around the check and the load.
    """
    loaders = load("handler_contracts")["model_loaders"]
    if any(handler.calls("threading.Lock", "threading.RLock", "multiprocessing.Lock")):
        return
    for call in handler.calls(*loaders):
        function = call.function
        if function is None or not call.hooks or call.hooks & {"model_fn", "initialize"} or not function.scope.outer:
            continue
        script = handler.scripts[call.path]
        assigned = next((a for a in script.ancestors(call.node) if isinstance(a, ast.Assign)), None)
        names = {t.id for t in assigned.targets if isinstance(t, ast.Name)} if assigned else set()
        if names & function.scope.outer:
            yield Finding(
                message=f"{min(names)} is loaded into a global by the first request, without a lock",
                evidence=(handler.seen(call.path, call.line),),
                fix="load it in model_fn, or hold a threading.Lock around the check and the load",
                likelihood=Likelihood.POSSIBLE,
                cause=f"artifact:{call.path}:{function.qualname}",
            )
