"""scikit-learn: fitted estimators of every module, pickled, loaded and asked as a request would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measurements.family import Env, Family, Served

# NumPy and SciPy stay the same as far as scikit-learn's releases allow, so that their own changes don't count.
_OLDEST = ("numpy==1.21.6", "scipy==1.7.3", "joblib==1.1.1", "threadpoolctl==3.1.0")
_OLD = ("numpy==1.23.5", "scipy==1.8.1", "joblib==1.3.2", "threadpoolctl==3.5.0")
_SAME = ("numpy==1.26.4", "scipy==1.11.4", "joblib==1.3.2", "threadpoolctl==3.5.0")
_LATER = ("numpy==1.26.4", "scipy==1.11.4", "joblib==1.4.2", "threadpoolctl==3.5.0")
_NEWEST = ("numpy==2.3.5", "scipy==1.16.3", "joblib==1.5.2", "threadpoolctl==3.6.0")
_RELEASES = (
    "1.1.3", "1.2.0", "1.2.2", "1.3.0", "1.3.2", "1.4.0", "1.4.2", "1.5.0", "1.5.2", "1.6.0", "1.6.1", "1.7.0", "1.7.2",
    "1.8.0",
)  # fmt: skip

_HANDLER = """\
import os
import pickle


def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)


def predict_fn(input_data, model):
    return {answer}
"""
_ANSWERS = {
    "predict": "model.predict(input_data)",
    "proba": "model.predict(input_data), model.predict_proba(input_data)",
    "decision": "model.predict(input_data), model.decision_function(input_data)",
    "transform": "model.transform(input_data)",
    "scores": "model.score_samples(input_data)",
    "neighbors": "model.kneighbors(input_data)",
}


def _served(name: str) -> Served:
    answer = _ANSWERS[name.partition("-")[0]]
    return Served("sklearn", "model.pkl", {"code/inference.py": _HANDLER.format(answer=answer)})


def _derived(measured: dict[str, Any]) -> Mapping[str, Any]:
    from measurements.__main__ import HOME
    from measurements.sklearn_pickles import derive

    return derive(measured, HOME / "envs")


FAMILY = Family(
    name="sklearn",
    leading="scikit-learn",
    environments=(
        *(Env(v, "3.7", (f"scikit-learn=={v}", *_OLDEST)) for v in ("0.20.4", "0.21.3")),
        *(Env(v, "3.8", (f"scikit-learn=={v}", *_OLD)) for v in ("0.22.2.post1", "0.23.2", "0.24.2", "1.0.2")),
        *(Env(v, "3.11", (f"scikit-learn=={v}", *_SAME)) for v in _RELEASES),
        *(Env(v, "3.11", (f"scikit-learn=={v}", *_LATER)) for v in ("1.9.0", "1.9.1")),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"scikit-learn=={version}", *_NEWEST)),
    derive=_derived,
)
