"""CatBoost: models saved in its formats and pickled."""

from __future__ import annotations

from measurements.families.handlers import loading, unpickling
from measurements.family import Env, Family, Served

_OLD = ("numpy==1.22.4", "scipy==1.7.3", "pandas==1.3.5", "joblib==1.1.0")
_NEW = ("numpy==1.26.4", "scipy==1.11.4", "pandas==2.1.4", "joblib==1.4.2")
_NEWEST = ("numpy==2.3.5", "scipy==1.16.3", "pandas==2.3.3", "joblib==1.5.2")


def _served(name: str) -> Served:
    path = name.split("-")[1]
    if name.startswith("saved-"):
        load = f'    model = catboost.CatBoost()\n    model.load_model(path, format="{path.rpartition(".")[2]}")'
        files = loading(path, "import catboost", load)
    else:
        files = unpickling(name, path, "import catboost")
    return Served("sklearn", path, files)


FAMILY = Family(
    name="catboost",
    leading="catboost",
    environments=(
        *(Env(v, "3.8", (f"catboost=={v}", *_OLD)) for v in ("0.24.4", "0.26.1", "1.0.6", "1.1.1")),
        *(Env(v, "3.11", (f"catboost=={v}", *_NEW)) for v in ("1.2.2", "1.2.5", "1.2.8")),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"catboost=={version}", *_NEWEST)),
)
