"""Writes CatBoost models in its formats and as pickles, and predicts with each. For Python 3.6 and later."""

import os
import pickle

from each import main, step

import catboost
import numpy as np

X = np.random.RandomState(0).rand(100, 4)
Y = (X[:, 0] > 0.5).astype(int)
THREE = np.digitize(X[:, 0], [0.3, 0.6])
CATEGORIES = [[float(a), "x" if b > 0.5 else "y"] for a, b in X[:, :2]]
FEW = X[:5]
SIZES = {"iterations": 3, "depth": 2, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
MODELS = {
    "CatBoostClassifier": lambda: catboost.CatBoostClassifier(**SIZES).fit(X, Y),
    "CatBoostRegressor": lambda: catboost.CatBoostRegressor(**SIZES).fit(X, X[:, 1]),
    "multiclass": lambda: catboost.CatBoostClassifier(**SIZES).fit(X, THREE),
    "categories": lambda: catboost.CatBoostClassifier(**SIZES).fit(CATEGORIES, Y, cat_features=[1]),
}
OBJECTS = ["saved-%s.%s" % (m, e) for m in MODELS for e in ("cbm", "json")]
OBJECTS += ["pickled-%s.pkl" % m for m in MODELS] + ["joblib-%s.joblib" % m for m in MODELS]


def write(name, path):
    way, what = os.path.splitext(name)[0].split("-")
    model = MODELS[what]()
    if way == "saved":
        settings = {"pool": catboost.Pool(CATEGORIES, Y, cat_features=[1])} if what == "categories" else {}
        model.save_model(path, format=path.rpartition(".")[2], **settings)
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
    model = catboost.CatBoost()
    model.load_model(path, format=path.rpartition(".")[2])
    return model


def read(name, path):
    model = step("load", loaded, name, path)
    step("predict", model.predict, CATEGORIES[:5] if "categories" in name else FEW)


if __name__ == "__main__":
    main(write, read)
