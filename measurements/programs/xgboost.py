"""Writes boosters in every format and way that a version has, and predicts with each. For Python 3.6 and later."""

import os
import pickle

from each import main, step

import numpy as np
import xgboost as xgb

X = np.random.RandomState(0).rand(80, 4)
Y = (X[:, 0] > 0.5).astype(int)
THREE = np.digitize(X[:, 0], [0.3, 0.6])
FEW = X[:5]


def trained(**settings):
    target = THREE if settings.get("objective") == "multi:softprob" else Y
    return xgb.train(dict({"max_depth": 2}, **settings), xgb.DMatrix(X, target), 3)


BOOSTERS = {
    "logistic": lambda: trained(objective="binary:logistic"),
    "softprob": lambda: trained(objective="multi:softprob", num_class=3),
    "linear": lambda: trained(objective="reg:squarederror", booster="gblinear"),
    "dart": lambda: trained(objective="binary:logistic", booster="dart"),
}
ESTIMATORS = {
    "XGBClassifier": lambda: xgb.XGBClassifier(n_estimators=3, max_depth=2).fit(X, Y),
    "XGBRegressor": lambda: xgb.XGBRegressor(n_estimators=3, max_depth=2).fit(X, X[:, 1]),
    "XGBRanker": lambda: xgb.XGBRanker(n_estimators=3, max_depth=2).fit(X, Y, group=[40, 40]),
    "XGBRFClassifier": lambda: xgb.XGBRFClassifier(n_estimators=3, max_depth=2).fit(X, Y),
}
ENDINGS = (".json", ".ubj", ".bin", ".model", "")
OBJECTS = ["saved-%s%s" % (b, e) for b in BOOSTERS for e in ENDINGS]
OBJECTS += ["pickled-%s.pkl" % n for n in list(BOOSTERS) + list(ESTIMATORS)] + [
    "joblib-%s.joblib" % n for n in ESTIMATORS
]
OBJECTS += ["saved-XGBClassifier.json"]


def write(name, path):
    way, what = os.path.splitext(name)[0].split("-")
    if way == "saved":
        (BOOSTERS[what] if what in BOOSTERS else ESTIMATORS[what])().save_model(path)
    elif way == "joblib":
        import joblib

        joblib.dump(ESTIMATORS[what](), path)
    else:
        with open(path, "wb") as file:
            pickle.dump((BOOSTERS[what] if what in BOOSTERS else ESTIMATORS[what])(), file)


def loaded(name, path):
    if name.startswith("joblib"):
        import joblib

        return joblib.load(path)
    if name.startswith("pickled"):
        with open(path, "rb") as file:
            return pickle.load(file)
    model = xgb.XGBClassifier() if "XGBClassifier" in name else xgb.Booster()
    model.load_model(path)
    return model


def read(name, path):
    model = step("load", loaded, name, path)
    step("predict", model.predict, xgb.DMatrix(FEW) if isinstance(model, xgb.Booster) else FEW)


if __name__ == "__main__":
    main(write, read)
