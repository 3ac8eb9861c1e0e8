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
    from doctor import skew
    from doctor.facts import load
    from doctor.pickles import naming

    facts = load("pandas_pickles")
    for found in naming(models, handler):
        seen = skew.named(found.file.symbols, getattr(found.facts, "called", ()), "pandas")
        rules = (
            [r for r in facts["rules"] if all(seen.fits(*feature) for feature in r["if"])] if seen.attributes else []
        )
        there = serving.version("pandas") if rules else None
        if there is None:
            continue
        verdicts = [(skew.refuses(rule, there, facts["versions"]), rule) for rule in rules]
        rule = next((r for failing, r in verdicts if failing), None)
        if rule is None:
            if any(failing is None for failing, _ in verdicts):
                yield Unknown(f"whether pandas {there} loads {found.file.path} was not measured")
            continue
        shown = _shown(rule)
        yield found.told(
            Finding(
                message=f"{found.file.path} {shown}, which pandas {there} of {serving.source} can't load",
                evidence=(*found.evidence(shown), serving.evidence("pandas")),
                fix=_fix(rule, there, facts["versions"]),
                likelihood=found.likelihood,
                log=rule["log"],
                cause="serving:pkg/pandas",
            )
        )


def _shown(rule: dict[str, Any]) -> str:
    """Say what of a pickle a rule goes by."""
    saw = [f"names {one}" if word == "inside" else f"makes a {one} {other}" for word, one, other in rule["if"]
           if word in {"inside", "is"}]  # fmt: skip
    return " and ".join(saw) or "holds objects of pandas"


def _fix(rule: dict[str, Any], there: Version, measured: list[str]) -> str:
    """Name the nearest measured version that loads it."""
    from doctor import skew

    works = [v for v in measured if not any(v in span for span in _within(rule, measured))]
    nearest = skew.nearest(there, works)
    return f"echo 'pandas=={nearest}' >> code/requirements.txt, or dump the model again under pandas {there}"


def _within(rule: dict[str, Any], measured: list[str]) -> list[list[str]]:
    return [measured[measured.index(a) : measured.index(b) + 1] for a, b in rule["readers"]]
