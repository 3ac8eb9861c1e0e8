"""The XGBoost container without a script: each file at the top of the model's folder is a model."""

from __future__ import annotations

import os
import pickle  # noqa: S403 - as the container does, in the sandbox
from typing import TYPE_CHECKING, Any

from doctor.trials.probe.defaults import toolkit

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request


def load(request: Request) -> tuple[Any, str]:
    """Return the booster, or the list of them, that the container's algorithm mode loads."""
    if toolkit.installed("sagemaker_xgboost_container"):
        from sagemaker_xgboost_container.algorithm_mode import serve_utils  # type: ignore[import-not-found,unused-ignore]

        boosters = serve_utils.get_loaded_booster(request.model_dir, ensemble=True)[0]
        how = "algorithm mode of " + toolkit.named("sagemaker-xgboost-container")
    else:
        boosters = [_booster(path) for path in _files(request.model_dir)]
        how = "each file as a pickle, else by Booster.load_model, as the XGBoost container does"
    single = isinstance(boosters, list) and len(boosters) == 1
    return boosters[0] if single else boosters, how


def _files(model_dir: str) -> list[str]:
    names = sorted(name for name in os.listdir(model_dir) if not name.startswith("."))
    return [path for path in (os.path.join(model_dir, name) for name in names) if os.path.isfile(path)]


def _booster(path: str) -> Any:
    import xgboost  # type: ignore[import-not-found,unused-ignore]

    try:
        with open(path, "rb") as file:
            booster = pickle.load(file)
    except Exception as of_pickle:
        try:
            booster = xgboost.Booster()
            booster.load_model(path)
        except Exception as of_booster:
            said = "Model {} cannot be loaded:\n{}\n{}".format(path, of_pickle, of_booster)
            raise RuntimeError(said) from of_booster
    booster.set_param("nthread", 1)
    return booster
