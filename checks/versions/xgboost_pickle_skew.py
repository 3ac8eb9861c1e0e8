"""Check: a pickled booster or wrapper that the serving XGBoost can't load, or can't predict with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A pickled XGBoost model doesn't survive the change of version",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html",
    symptoms=(
        r"Can't get attribute 'XGBoostLabelEncoder'",
        r"Check failed: std::isalpha\(header\[1\]\): Invalid serialization file",
        r"object has no attribute '(use_label_encoder|gpu_id|enable_categorical|feature_types|callbacks)'",
        r"Invalid cast, from (Array|Null) to Object",
    ),
)
def xgboost_pickle_skew(
    models: Models, handler: Handler, training: Environment, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    A pickle holds XGBoost's internal state and Python attributes, which change from version to version.

    save_model's files are made to be read by later versions: save the model with ``model.save_model("model.ubj")`` and
    load it with load_model. Or serve with the version that trained.
    """
    from doctor.boosters import distribution, version
    from doctor.loading import pickle_loads, uses

    for file in models.files:
        name = _class(file)
        found = uses(file.path, list(pickle_loads(handler)), handler) if name else []
        there = version(serving) if found else None
        if there is None:
            continue
        writer = training.version(distribution(training))
        if writer is None:
            yield Unknown(f"{training.source} names no xgboost, and {file.path} holds a pickled {name}")
            continue
        row = _break(name, writer, there)
        if isinstance(row, Unknown):
            yield row
        elif row is not None:
            yield Finding(
                message=f"{file.path} is a {name} pickled with xgboost {writer}, which fails to {row['at']} with "
                f"xgboost {there}",
                evidence=(
                    Evidence(f"artifact:{file.path}", f"a pickled {name}"),
                    training.evidence(distribution(training)),
                    serving.evidence(distribution(serving)),
                ),
                fix=f"in training: model.save_model('model.ubj'), or serve with xgboost=={writer}",
                likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
                log=row["log"],
                cause=f"serving:pkg/{distribution(serving)}",
            )


def _class(file: ModelFile) -> str:
    """Return the class of XGBoost's that a pickle holds, the wrapper before the booster in it; "" for none."""
    if file.format not in {"pickle", "joblib"}:
        return ""
    named = {s.name for s in file.symbols if s.module.startswith("xgboost.")}
    known = [r["class"] for r in load("xgboost")["pickles"]["breaks"]]
    wrappers = sorted(named.intersection(known) - {"Booster"})
    return wrappers[0] if wrappers else ("Booster" if "Booster" in named else "")


def _break(name: str, writer: Version, reader: Version) -> dict[str, Any] | Unknown | None:
    """Return how a pair of versions breaks, None where it works; Unknown between measured pairs that differ."""
    pickles = load("xgboost")["pickles"]
    rows = {
        id(row): row
        for w in _around(writer, pickles["versions"])
        for r in _around(reader, pickles["versions"])
        for row in [_row(pickles["breaks"], name, w, r)]
    }
    if len(rows) == 1:
        found: dict[str, Any] | None = next(iter(rows.values()))
        return found
    return Unknown(f"whether a {name} pickled with xgboost {writer} works with {reader} was not measured")


def _row(rows: list[dict[str, Any]], name: str, writer: str, reader: str) -> dict[str, Any] | None:
    same = (r for r in rows if r["class"] == name and writer in r["writers"] and reader in r["readers"])
    return next(same, None) if writer != reader else None


def _around(version: Version, measured: list[str]) -> list[str]:
    """Return the measured minor versions that a version is, or lies between; all of them where it lies outside."""
    from packaging.version import Version

    minor = Version(f"{version.major}.{version.minor}")
    below = [m for m in measured if Version(m) <= minor]
    above = [m for m in measured if Version(m) >= minor]
    return sorted({below[-1], above[0]}) if below and above else measured
