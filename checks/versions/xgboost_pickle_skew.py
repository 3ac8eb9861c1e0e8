"""Check: a pickled booster or wrapper that the serving XGBoost can't load, or can't predict with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
    explains=("pickle-names-absent-attribute",),
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
    from doctor.measured import outcome

    for file in models.files:
        name = _class(file)
        found = uses(file.path, list(pickle_loads(handler)), handler) if name else []
        there = version(serving) if found else None
        if there is None:
            continue
        writer, evidence = _writer(file, training)
        if writer is None:
            yield Unknown(f"nothing says which xgboost pickled the {name} in {file.path}")
            continue
        result = outcome("xgboost", _objects(file, name), writer, there)
        if isinstance(result, Unknown):
            yield result
        elif result.error:
            yield Finding(
                message=f"{file.path} is a {name} pickled with xgboost {writer}, which fails to {result.at} with "
                f"xgboost {there}",
                evidence=(evidence, serving.evidence(distribution(serving)), result.evidence("xgboost")),
                fix=f"in training: model.save_model('model.ubj'), or serve with xgboost=={writer}",
                likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
                log=result.error,
                cause=f"serving:pkg/{distribution(serving)}",
            )


def _class(file: ModelFile) -> str:
    """Return the class of XGBoost's that a pickle holds, the wrapper before the booster in it; "" for none."""
    if file.format not in {"pickle", "joblib"}:
        return ""
    named = {s.name for s in file.symbols if s.module.startswith("xgboost.")}
    known = {o.removeprefix("pickled-").removesuffix(".pkl") for o in load("measured/xgboost")["objects"]}
    wrappers = sorted(named & known)
    return wrappers[0] if wrappers else ("Booster" if "Booster" in named else "")


def _objects(file: ModelFile, name: str) -> list[str]:
    """Return the measured objects that it may be."""
    if name != "Booster":
        return [f"joblib-{name}.joblib" if file.format == "joblib" else f"pickled-{name}.pkl"]
    kinds = {"gblinear": ["linear"], "dart": ["dart"], "gbtree": ["logistic", "softprob"]}
    kind = getattr(file.facts, "booster", "")
    return [f"pickled-{k}.pkl" for k in kinds.get(kind, [k for every in kinds.values() for k in every])]


def _writer(file: ModelFile, training: Environment) -> tuple[Version | None, Evidence]:
    """Return the version that wrote a pickle, from the booster inside it or from the training environment."""
    from packaging.version import Version

    from doctor.boosters import distribution

    if "xgboost" in file.writer:
        saw = f"the booster in it says version {file.writer['xgboost']}"
        return Version(file.writer["xgboost"]), Evidence(f"artifact:{file.path}", saw)
    return training.version(distribution(training)), training.evidence(distribution(training))
