"""Check: loading a pickle runs a command or other code that no model needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.formats.kinds.base import Symbol
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="Loading a pickle runs a command",
    fault="hostile-pickle",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/pickle.html#module-pickle",
)
def hostile_pickle(models: Models, handler: Handler) -> Iterator[Finding | Unknown]:
    """
    A pickle can call any function while it is loaded, with the rights of the server.

    This one calls a function that starts programs, runs text as code, opens connections or deletes files, which no
    model needs. Don't load it, here or anywhere; find out who wrote it. Naming such a function is not meant: only
    calling it.
    """
    from doctor.formats.kinds.pickled import PickleFacts
    from doctor.pickles import loaded

    calls = {found.file.path: found for found in loaded(models, handler)}
    for file, facts in models.of(PickleFacts):
        for called in facts.called:
            if not _dangerous(called.symbol):
                continue
            load = calls[file.path].load if file.path in calls else None
            yield Finding(
                message=f"loading {file.path} calls {called.symbol}{_shown(called.arguments)}",
                evidence=(
                    Evidence(f"artifact:{file.path}", f"calls {called.symbol}{_shown(called.arguments)}"),
                    *((load.evidence,) if load else ()),
                ),
                fix=f"don't load {file.path}; dump the model again from a source that you trust, and store weights as "
                "safetensors, ONNX or skops where you can",
                likelihood=Likelihood.CERTAIN,
                cause=f"artifact:{file.path}",
            )
            break


def _dangerous(symbol: Symbol) -> bool:
    from doctor.facts import load

    facts = load("dangerous_calls")
    top = symbol.module.split(".", maxsplit=1)[0]
    if top in facts["any_of"]:
        return True
    return symbol.name in facts["functions"].get(symbol.module, ())


def _shown(arguments: str) -> str:
    return arguments if arguments.startswith("(") else f"({arguments})"
