"""LightGBM: models saved as text and pickled."""

from __future__ import annotations

from measurements.families.handlers import loading, unpickling
from measurements.family import Env, Family, Served

_OLD = ("numpy==1.22.4", "scipy==1.7.3", "scikit-learn==1.0.2", "joblib==1.1.0")
_NEW = ("numpy==1.26.4", "scipy==1.11.4", "scikit-learn==1.5.2", "joblib==1.4.2")
_NEWEST = ("numpy==2.3.5", "scipy==1.16.3", "scikit-learn==1.7.2", "joblib==1.5.2")


def _served(name: str) -> Served:
    path = name.split("-")[1]
    if name.startswith("saved-"):
        files = loading(path, "import lightgbm as lgb", "    model = lgb.Booster(model_file=path)")
    else:
        files = unpickling(name, path, "import lightgbm")
    return Served("sklearn", path, files)


FAMILY = Family(
    name="lightgbm",
    leading="lightgbm",
    environments=(
        *(Env(v, "3.8", (f"lightgbm=={v}", *_OLD)) for v in ("2.3.1", "3.0.0", "3.2.1", "3.3.5")),
        *(Env(v, "3.11", (f"lightgbm=={v}", *_NEW)) for v in ("4.0.0", "4.1.0", "4.3.0", "4.5.0", "4.6.0", "4.7.0")),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"lightgbm=={version}", *_NEWEST)),
)
