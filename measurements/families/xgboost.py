"""XGBoost: boosters saved in its formats and pickled, from 1.0 on."""

from __future__ import annotations

from measurements.family import Env, Family, Served

_OLD = ("numpy==1.22.4", "scipy==1.7.3", "scikit-learn==1.0.2", "pandas==1.3.5", "joblib==1.1.0")
_MIDDLE = ("numpy==1.24.4", "scipy==1.10.1", "scikit-learn==1.2.2", "joblib==1.3.2")
_NEW = ("numpy==1.26.4", "scipy==1.11.4", "scikit-learn==1.5.2", "joblib==1.4.2")

_NEWEST = ("numpy==2.3.5", "scipy==1.16.3", "scikit-learn==1.7.2", "joblib==1.5.2")

_HANDLER = """\
import os
{imports}


def model_fn(model_dir):
    path = os.path.join(model_dir, "{path}")
{load}
    return model


def predict_fn(input_data, model):
    return model.predict({data})
"""


def _served(name: str) -> Served:
    path, what = name.split("-")[1], name.split("-")[1].partition(".")[0]
    if name.startswith("saved-"):
        kind = "XGBClassifier" if what == "XGBClassifier" else "Booster"
        load = f"    model = xgb.{kind}()\n    model.load_model(path)"
        imports = "import xgboost as xgb"
    elif name.startswith("joblib-"):
        load, imports = "    model = joblib.load(path)", "import joblib\nimport xgboost as xgb"
    else:
        load = '    with open(path, "rb") as file:\n        model = pickle.load(file)'
        imports = "import pickle\nimport xgboost as xgb"
    data = "input_data" if what.startswith("XGB") else "xgb.DMatrix(input_data)"
    text = _HANDLER.format(imports=imports, path=path, load=load, data=data)
    return Served("xgboost", path, {"code/inference.py": text})


FAMILY = Family(
    name="xgboost",
    leading="xgboost",
    environments=(
        Env("1.0.2", "3.8", ("xgboost==1.0.2", *_OLD)),
        Env("1.2.1", "3.8", ("xgboost==1.2.1", *_OLD)),
        Env("1.3.3", "3.8", ("xgboost==1.3.3", *_OLD)),
        Env("1.5.2", "3.8", ("xgboost==1.5.2", *_OLD)),
        Env("1.6.2", "3.8", ("xgboost==1.6.2", *_OLD)),
        Env("1.7.6", "3.8", ("xgboost==1.7.6", *_MIDDLE)),
        Env("2.0.3", "3.11", ("xgboost==2.0.3", *_NEW)),
        Env("2.1.4", "3.11", ("xgboost-cpu==2.1.4", *_NEW)),
        Env("3.0.5", "3.11", ("xgboost-cpu==3.0.5", *_NEW)),
        Env("3.1.3", "3.11", ("xgboost-cpu==3.1.3", *_NEW)),
        Env("3.2.0", "3.11", ("xgboost-cpu==3.2.0", *_NEW)),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"xgboost-cpu=={version}", *_NEWEST)),
)
