"""Check: a pickle written under a newer NumPy than the serving one can load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.pickles import Pickle


class _Need(NamedTuple):
    """What a pickle needs of NumPy: since which version it is there, what shows it, and the line without it."""

    since: str
    saw: str
    log: str


@check(
    title="A pickle written under a newer NumPy than the serving one loads",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/numpy/numpy/issues/27084",
    symptoms=(
        r"No module named 'numpy\._core(\.\w+)*'",
        r"is not a known BitGenerator module",
        r"__(randomstate|generator)_ctor\(\) takes from 0 to 1 positional arguments but 2 were given",
    ),
    explains=("pickle-names-absent-module",),
)
def numpy_pickle_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    NumPy 2 renamed numpy.core to numpy._core, and pickles name the modules of what they hold.

    NumPy 1.26.1 knows the new names of most, older versions of none. Arrays in pickle protocol 5 need NumPy 2, and so
    do random generators, which many fitted scikit-learn estimators keep. NumPy 1's pickles load under NumPy 2: serve
    with the newer one, or train with the older.
    """
    from doctor.pickles import naming

    for found in naming(models, handler):
        needs = list(_needs(found))
        there = serving.version("numpy") if needs else None
        unmet = [n for n in needs if there is not None and there.release < _numbers(n.since)]
        if unmet:
            need = max(unmet, key=lambda n: _numbers(n.since))
            yield found.told(
                Finding(
                    message=f"{found.file.path} needs NumPy {need.since} or newer ({need.saw}), and {serving.source} "
                    f"has {there}",
                    evidence=(*found.evidence(need.saw), serving.evidence("numpy")),
                    fix=f"serve with numpy>={need.since}: echo 'numpy>={need.since}' >> code/requirements.txt, if your "
                    f"other packages allow it; or train with numpy=={there}",
                    likelihood=found.likelihood,
                    log=unmet[0].log,
                    cause="serving:pkg/numpy",
                )
            )


def _needs(found: Pickle) -> Iterator[_Need]:
    from doctor.facts import load

    facts = load("numpy_pickles")
    for called in getattr(found.facts, "called", ()):  # before the arrays that hold a generator's state
        if called.symbol.module == "numpy.random._pickle":
            yield from _generator(called.symbol.name, called.arguments)
    core = facts["core"]
    named = [s for s in found.file.symbols if s.module == "numpy._core" or s.module.startswith("numpy._core.")]
    for symbol in named[:1]:
        yield _Need(core["since"], f"names {symbol}", "ModuleNotFoundError: No module named 'numpy._core'")
    for symbol in [s for s in named if s.module not in core["early"]][:1]:
        yield _Need(core["whole_since"], f"names {symbol}", f"ModuleNotFoundError: No module named '{symbol.module}'")


def _generator(name: str, arguments: str) -> Iterator[_Need]:
    """What a random generator in a pickle needs, by how it is made again."""
    from doctor.facts import load

    facts = load("numpy_pickles")["generators"]
    if name == "__bit_generator_ctor" and arguments.startswith("(numpy.random."):
        written = arguments.strip("(),")
        module = written.rpartition(".")[0]
        yield _Need(facts["modules_since"], f"names {written}", f"ModuleNotFoundError: No module named '{module}'")
        log = f"ValueError: <class '{written}'> is not a known BitGenerator module."
        yield _Need(facts["class_since"], f"makes a {written} from its class", log)
    elif name in {"__randomstate_ctor", "__generator_ctor"} and arguments.endswith("__bit_generator_ctor)"):
        log = f"TypeError: {name}() takes from 0 to 1 positional arguments but 2 were given"
        yield _Need(facts["two_arguments_since"], f"calls numpy.random._pickle.{name} with two arguments", log)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(p) for p in version.split("."))
