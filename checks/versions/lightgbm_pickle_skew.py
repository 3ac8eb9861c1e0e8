"""Check: a pickled LightGBM model that the serving version loads and can't predict with, or can't load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models

_SAW = {
    "4": "its booster has _handle: lightgbm 4.0 or later",
    "3.2": "fitted_ and handle: lightgbm 3.2 or 3.3",
    "3": "its booster has handle: lightgbm before 4.0",
    "2": "no fitted_: lightgbm before 3.2",
}


@check(
    title="A pickled LightGBM model doesn't survive the change of version",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://lightgbm.readthedocs.io/en/stable/FAQ.html",
    symptoms=(
        r"'Booster' object has no attribute 'handle'",
        r"NotFittedError: Estimator not fitted, call fit before exploiting the model",
        r"'>' not supported between instances of 'NoneType' and 'int'",
    ),
    explains=("pickle-names-absent-module", "pickle-names-absent-attribute"),
)
def lightgbm_pickle_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    A pickle holds LightGBM's Python attributes, and their names changed: in 3.2 (``fitted_``) and in 4.0 (``_handle``).

    The server starts and answers /ping; predict then looks for an attribute that isn't there. LightGBM's text format
    is made to last: save the model with ``booster_.save_model("model.txt")`` and load it with ``lightgbm.Booster``.
    """
    from doctor.loading import pickle_loads, uses
    from doctor.measured import of_any, versions

    for file in models.files:
        name, mark = _class(file), getattr(file.facts, "booster", "")
        found = uses(file.path, list(pickle_loads(handler)), handler) if name else []
        there = serving.version("lightgbm") if found else None
        if there is None:
            continue
        if mark not in _SAW:
            yield Unknown(f"nothing in {file.path} says which lightgbm pickled its {name}")
            continue
        writers = [v for v in versions("lightgbm") if mark == _era(v) or (mark == "3" and _era(v) != "4")]
        result = of_any("lightgbm", _objects(file, name), writers, there)
        if isinstance(result, Unknown):
            yield result
        elif result.error:
            yield Finding(
                message=f"{file.path} is a {name} pickled with lightgbm {_range(mark)}, which fails to {result.at} "
                f"with lightgbm {there}",
                evidence=(
                    Evidence(f"artifact:{file.path}", _SAW[mark]),
                    serving.evidence("lightgbm"),
                    result.evidence("lightgbm"),
                ),
                fix="in training: model.booster_.save_model('model.txt'), and load it with "
                "lightgbm.Booster(model_file=...); or serve with the version that trained",
                likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
                log=result.error,
                cause="serving:pkg/lightgbm",
            )


def _class(file: ModelFile) -> str:
    """Return the class of LightGBM's that a pickle holds, the wrapper before the booster in it; "" for none."""
    if file.format not in {"pickle", "joblib"}:
        return ""
    named = {s.name for s in file.symbols if s.module.startswith("lightgbm.")}
    known = {o.partition("-")[2].partition(".")[0] for o in load("measured/lightgbm")["objects"]}
    wrappers = sorted(named & known)
    return wrappers[0] if wrappers else ("Booster" if "Booster" in named else "")


def _objects(file: ModelFile, name: str) -> list[str]:
    """Return the measured objects that it may be."""
    if name == "Booster":
        return ["pickled-binary.pkl", "pickled-multiclass.pkl"]
    return [f"joblib-{name}.joblib" if file.format == "joblib" else f"pickled-{name}.pkl"]


def _era(version: str) -> str:
    """Return which attributes a version writes."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return "4" if major >= 4 else "3.2" if (major, minor) >= (3, 2) else "2"


def _range(mark: str) -> str:
    return {"4": "4.0 or later", "3.2": "3.2 or 3.3", "3": "3.3 or earlier", "2": "3.1 or earlier"}[mark]
