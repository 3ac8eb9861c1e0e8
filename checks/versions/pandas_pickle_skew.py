"""Check: a pickle holds objects of pandas that the serving version can't load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.pickles import Pickle


@check(
    title="A pickle holds objects of pandas that the serving version can't load",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://pandas.pydata.org/docs/reference/api/pandas.read_pickle.html",
    symptoms=(
        r"No module named 'pandas\.core\.indexes\.numeric'",
        r"Can't get attribute '(_unpickle_block|_timedelta_unpickle|_?_nat_unpickle)'",
        r"Argument 'placement' has incorrect type \(expected pandas\._libs",
        r"StringDtype\.__init__\(\) takes from 1 to 2 positional arguments",
        r"PickleError: Incompatible checksums",
    ),
    explains=("pickle-names-absent-module",),
)
def pandas_pickle_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    DataFrames, indexes and dtypes in a pickle are stored as pandas' internals, which change from version to version.

    Plain columns often survive, text of pandas 3 or integer indexes of pandas 1 don't. Serve with the pandas that
    trained, or keep what the model needs as lists, dicts and NumPy arrays: ``list(frame.columns)``.
    """
    from doctor.facts import load
    from doctor.pickles import naming

    for found in naming(models, handler):
        rules = [r for r in load("pandas_pickles")["rules"] if _meets(found, r)]
        there = serving.version("pandas") if rules else None
        if there is None:
            continue
        verdicts = [(_fails(rule, there), rule) for rule in rules]
        rule = next((r for failing, r in verdicts if failing), None)
        if rule is None:
            unclear = next((r for failing, r in verdicts if failing is None), None)
            if unclear:
                yield Unknown(f"whether pandas {there} loads {unclear['what']} ({found.file.path}) was not measured")
            continue
        yield found.told(
            Finding(
                message=f"{found.file.path} holds {rule['what']}, and pandas {there} of {serving.source} can't load it",
                evidence=(*found.evidence(f"names {rule['names']}"), serving.evidence("pandas")),
                fix=_fix(rule, there),
                likelihood=found.likelihood,
                log=rule["log"],
                cause="serving:pkg/pandas",
            )
        )


def _meets(found: Pickle, rule: dict[str, Any]) -> bool:
    name = rule["names"]
    if "with" in rule:
        called = getattr(found.facts, "called", ())
        return any(str(c.symbol) == name and rule["with"] in c.arguments for c in called)
    return any(name in {s.module, str(s)} for s in found.file.symbols)


def _fails(rule: dict[str, Any], there: Version) -> bool | None:
    """Say whether a version fails, by the nearest measured one that works and the nearest that doesn't."""
    from packaging.version import Version

    works, fails = Version(rule["works"]), Version(rule["fails"])
    if works < fails:
        return True if there >= fails else False if there <= works else None
    return True if there <= fails else False if there >= works else None


def _fix(rule: dict[str, Any], there: Version) -> str:
    from packaging.version import Version

    newer = Version(rule["works"]) > Version(rule["fails"])
    bound = f">={rule['works']}" if newer else f"<{rule['fails']}"
    return f"echo 'pandas{bound}' >> code/requirements.txt, or dump the model again under pandas {there}"
