"""Check: a pickle names a module that is not there when it serves."""

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


@check(
    title="A pickle names a module that is not there when it serves",
    fault="pickle-by-reference",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled",
    symptoms=(r"ModuleNotFoundError: No module named '[\w.]+'",),
)
def pickle_names_absent_module(
    models: Models, handler: Handler, artifact: Artifact, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    Loading a pickle imports every module whose classes and functions it names.

    A transformer of your own in features.py, or an estimator of a package that only training had, has to be importable
    when it serves: pack your module in code/, or name the package in code/requirements.txt.
    """
    from doctor.pickles import naming

    for found in naming(models, handler):
        if getattr(found.facts, "module", None) is not None:
            continue  # a whole nn.Module is asked about by a check of its own
        unclear: set[str] = set()
        for symbol in _foreign(found, artifact):
            there = _there(symbol.module, serving)
            if there is False:
                yield found.told(_finding(found, symbol, serving))
                break  # loading stops at the first
            top = symbol.module.split(".", maxsplit=1)[0]
            if there is None and top not in unclear:
                unclear.add(top)
                yield Unknown(f"{found.file.path} names {symbol}; {serving.source} doesn't say whether {top} is there")


def _foreign(found: Pickle, artifact: Artifact) -> Iterator[Symbol]:
    """Yield a symbol of each module that isn't the artifact's own."""
    seen: set[str] = set()
    for symbol in found.file.symbols:
        if symbol.module not in seen and not _own(symbol.module.split(".", maxsplit=1)[0], artifact):
            seen.add(symbol.module)
            yield symbol


def _there(module: str, serving: Environment) -> bool | None:
    """Say whether a module is there; a part of a package whose files can't be looked into counts as there."""
    if module == "__main__":
        return True  # asked by a check of its own
    from doctor.facts import load
    from doctor.modules import nobody_gives

    module = load("pickled_modules")["aliases"].get(module, module)
    found = serving.finds(module)
    top = module.split(".", maxsplit=1)[0]
    if found is None:
        found = serving.finds(top)
    return False if found is None and nobody_gives(top, serving.packages, complete=serving.complete) else found


def _own(top: str, artifact: Artifact) -> bool:
    """Say whether the artifact may give a module itself, wherever in it."""
    files = (f"/{m.path}" for m in artifact.files())
    return any(f"/{top}/" in path or path.endswith((f"/{top}.py", f"/{top}.so")) for path in files)


def _finding(found: Pickle, symbol: Symbol, serving: Environment) -> Finding:
    from doctor.modules import givers

    top = symbol.module.split(".", maxsplit=1)[0]
    package = next((g for g in givers(symbol.module) if g in serving.packages), (*givers(symbol.module), "")[0])
    if package in serving.packages:
        version = serving.packages[package]
        why = f"{package} {version} of {serving.source} has no module {symbol.module}"
        fix = f"serve with the {package} that trained, or train and dump again with {package}=={version}"
    elif package:
        why = f"{package}, which gives {top}, is not in {serving.source}"
        fix = f"echo {package} >> code/requirements.txt"
    else:
        why = f"{symbol.module} is neither in the artifact nor in {serving.source}"
        fix = f"pack the module in code/: {symbol.module.replace('.', '/')}.py, or name its package in requirements.txt"
    return Finding(
        message=f"{found.file.path} names {symbol}, and {why}",
        evidence=(
            *found.evidence(f"names {symbol}"),
            Evidence(f"serving:module/{symbol.module}", f"absent ({serving.source})"),
        ),
        fix=fix,
        likelihood=found.likelihood,
        log=f"ModuleNotFoundError: No module named '{_missing(symbol.module, serving)}'",
        cause=f"serving:pkg/{package or top}",
    )


def _missing(module: str, serving: Environment) -> str:
    """Return the first part of a dotted module that is not there: the one that the error names."""
    parts = module.split(".")
    names = (".".join(parts[:count]) for count in range(1, len(parts)))
    return next((name for name in names if serving.finds(name) is False), module)
