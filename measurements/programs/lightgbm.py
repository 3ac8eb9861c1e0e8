"""Writes LightGBM models as text and as pickles, and predicts with each. For Python 3.6 and later."""

import os
import pickle

from each import main, step

import lightgbm as lgb
import numpy as np

X = np.random.RandomState(0).rand(200, 4)
Y = (X[:, 0] > 0.5).astype(int)
THREE = np.digitize(X[:, 0], [0.3, 0.6])
FEW = X[:5]


def trained(target, **settings):
    settings = dict({"num_leaves": 4, "verbose": -1, "num_threads": 1}, **settings)
    return lgb.train(settings, lgb.Dataset(X, target), 3)


BOOSTERS = {
    "binary": lambda: trained(Y, objective="binary"),
    "multiclass": lambda: trained(THREE, objective="multiclass", num_class=3),
    "regression": lambda: trained(X[:, 1], objective="regression"),
    "linear": lambda: trained(X[:, 1], objective="regression", linear_tree=True),
    "dart": lambda: trained(Y, objective="binary", boosting="dart"),
}
SIZES = {"n_estimators": 3, "num_leaves": 4, "n_jobs": 1}
ESTIMATORS = {
    "LGBMClassifier": lambda: lgb.LGBMClassifier(**SIZES).fit(X, Y),
    "LGBMRegressor": lambda: lgb.LGBMRegressor(**SIZES).fit(X, X[:, 1]),
    "LGBMRanker": lambda: lgb.LGBMRanker(**SIZES).fit(X, Y, group=[100, 100]),
}
OBJECTS = ["saved-%s.txt" % b for b in BOOSTERS]
OBJECTS += ["pickled-%s.pkl" % n for n in ["binary", "multiclass"] + list(ESTIMATORS)]
OBJECTS += ["joblib-%s.joblib" % n for n in ESTIMATORS]


def write(name, path):
    way, what = os.path.splitext(name)[0].split("-")
    model = (BOOSTERS[what] if what in BOOSTERS else ESTIMATORS[what])()
    if way == "saved":
        model.save_model(path)
    elif way == "joblib":
        import joblib

        joblib.dump(model, path)
    else:
        with open(path, "wb") as file:
            pickle.dump(model, file)


def loaded(name, path):
    if name.startswith("joblib"):
        import joblib

        return joblib.load(path)
    if name.startswith("pickled"):
        with open(path, "rb") as file:
            return pickle.load(file)
    return lgb.Booster(model_file=path)


def read(name, path):
    model = step("load", loaded, name, path)
    step("predict", model.predict, FEW)


if __name__ == "__main__":
    main(write, read)
