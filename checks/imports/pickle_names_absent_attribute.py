"""Check: a pickle names a class or function that its module no longer, or not yet, has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.kinds.base import Symbol
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.pickles import Pickle
    from doctor.symbols import Answer


@check(
    title="A pickle names what its module doesn't have when it serves",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled",
    symptoms=(r"AttributeError: Can't get attribute '[\w.]+' on <module '[\w.]+'",),
)
def pickle_names_absent_attribute(
    models: Models, handler: Handler, artifact: Artifact, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    A pickle holds the names of classes and functions, and looks each up in its module when it is loaded.

    A class that another release moved or renamed is not found, though the module is there. Serve with the release that
    trained, or dump the model again with the one that serves.
    """
    from doctor.pickles import naming

    for found in naming(models, handler):
        from doctor import used

        for symbol in dict.fromkeys(found.file.symbols):
            if symbol.module == "__main__" or used.own(symbol.module, handler, artifact):
                continue
            if serving.finds(symbol.module) is False:
                break  # asked by a check of its own; loading gets no further
            answer = serving.has(symbol.module, symbol.name)
            if answer.there is False:
                yield found.told(_finding(found, symbol, answer, serving))
                break


def _finding(found: Pickle, symbol: Symbol, answer: Answer, serving: Environment) -> Finding:
    from doctor.modules import givers

    package = (*(g for g in givers(symbol.module) if g in serving.packages), "")[0]
    release = f"{package} {serving.packages[package]}".strip() if package else symbol.module
    writer = found.file.writer.get(package, "")
    again = (
        f"echo '{package}=={writer}' >> code/requirements.txt"
        if package and writer
        else f"serve with the release that {symbol.name} is of"
    )
    return Finding(
        message=f"{found.file.path} names {symbol}, and {symbol.module} of {release} ({serving.source}) has no "
        f"{symbol.name}",
        evidence=(
            *found.evidence(f"names {symbol}"),
            Evidence(f"serving:module/{symbol.module}", f"no {symbol.name}: {answer.where or answer.why}"),
        ),
        fix=f"{again}, or dump the model again with {release}",
        likelihood=found.likelihood,
        log=f"AttributeError: Can't get attribute '{symbol.name}' on <module '{symbol.module}' from ...",
        cause=f"serving:pkg/{package or symbol.module}",
    )
