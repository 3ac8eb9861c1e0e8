"""What scikit-learn's estimators, and the boosters of XGBoost, LightGBM and CatBoost, take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doctor.trials.probe import calling
from doctor.trials.probe.calling import method_of
from doctor.trials.probe.inputs.making import example
from doctor.trials.probe.inputs.values import Column, Input, NotFound, Signature


def of_estimator(model: Any) -> Signature:
    """Return what an estimator takes, by what fitting left on it."""
    if not method_of(model):
        raise NotFound("{} has neither predict nor transform".format(type(model).__name__))
    first = first_step(model)
    if hasattr(first, "build_analyzer"):
        taken = Input("texts", "str", (None,), "text", ("batch",), (1,))
        return Signature((taken,), "{} takes texts".format(type(first).__name__), "sklearn")
    names = _attribute((model, first), "feature_names_in_")
    count = _attribute((model, first), "n_features_in_") or (len(names) if names is not None else 0) or _old(first)
    if not count:
        return _by_later_steps(model)
    source = "feature_names_in_" if names is not None else "n_features_in_"
    source = "{} of {}".format(source, type(model).__name__)
    return Signature((_table(names, int(count), first),), source, "sklearn")


def _by_later_steps(model: Any) -> Signature:
    """Return what a later step of a pipeline takes, where the whole takes that too."""
    for name, step in getattr(model, "steps", [])[1:]:
        try:
            found = of_estimator(step)
            calling.call(model, example(found, 2))
        except Exception:
            continue
        return found._replace(source="{}, the step {!r}, confirmed by trying".format(found.source, name), tried=True)
    raise NotFound("{} doesn't say how many features it was fitted on".format(type(model).__name__))


def first_step(model: Any) -> Any:
    """Return what sees the raw input: the first step of a pipeline, the best of a search."""
    for _ in range(8):
        best = getattr(model, "best_estimator_", None)
        steps = getattr(model, "steps", None)
        if best is not None:
            model = best
        elif isinstance(steps, list) and steps:
            real = [s[1] for s in steps if s[1] not in ("passthrough", None)]
            if not real:
                return model
            model = real[0]
        else:
            return model
    return model


def _attribute(objects: tuple[Any, ...], name: str) -> Any:
    for found in objects:
        try:
            value = getattr(found, name, None)
        except Exception:
            value = None
        if value is not None:
            return value
    return None


def _old(model: Any) -> int:
    """Return how many features an estimator of a release before 0.24 was fitted on."""
    for name in ("n_features_", "coef_", "cluster_centers_", "components_", "scale_", "mean_", "_fit_X"):
        value = getattr(model, name, None)
        if isinstance(value, int):
            return value
        shape = getattr(value, "shape", None)
        if shape:
            return int(shape[-1])
    return 0


def _table(names: Any, count: int, first: Any) -> Input:
    seen = dict(_seen(first, [str(n) for n in names] if names is not None else list(range(count))))
    if names is None and not seen:
        return Input("X", "float64", (None, count), "tensor", ("batch", "features"), (1, count))
    keys = [str(n) for n in names] if names is not None else list(range(count))
    columns = tuple(_column(key, seen.get(key)) for key in keys)
    return Input("X", "table", (None, count), "table", ("batch", "columns"), (1, count), 0, columns)


def _column(key: Any, values: Any) -> Column:
    if values is None:
        return Column(key)
    plain = [v.item() if hasattr(v, "item") else v for v in list(values)[:100]]
    plain = [v for v in plain if v is not None and v == v]
    text = not plain or any(isinstance(v, str) for v in plain)
    kind = "str" if text else ("bool" if isinstance(plain[0], bool) else "float64")
    return Column(key, kind, tuple(plain))


def _seen(transformer: Any, keys: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield each column that an encoder was fitted on with its categories; a text column with ()."""
    parts = getattr(transformer, "transformers_", None)
    if parts is None:
        transformer = first_step(transformer)
        categories = getattr(transformer, "categories_", None)
        if isinstance(categories, list):
            for pair in zip(keys, categories):
                yield pair
        elif hasattr(transformer, "build_analyzer"):
            yield keys[0], ()
        return
    for part in parts:
        for found in _seen_by(part, keys):
            yield found


def _seen_by(part: Any, keys: list[Any]) -> Iterator[tuple[Any, Any]]:
    chosen = [part[2]] if isinstance(part[2], (str, int)) else part[2]
    try:
        mine = [keys[c] if isinstance(c, int) and not isinstance(keys[0], int) else c for c in list(chosen)]
    except (TypeError, IndexError):
        return
    if not isinstance(part[1], str):
        for found in _seen(part[1], [m.item() if hasattr(m, "item") else m for m in mine]):
            yield found


def of_statsmodels(model: Any) -> Signature:
    """Return what the results of a fit take: the columns that it was fitted on."""
    fitted = getattr(model, "model", None)
    shape = getattr(getattr(fitted, "exog", None), "shape", None) or (0, len(getattr(model, "params", ())))
    if len(shape) != 2 or not shape[1]:
        raise NotFound("the fit doesn't say which columns it was made on")
    names = [str(n) for n in getattr(fitted, "exog_names", None) or ()]
    taken = Input("exog", "float64", (None, int(shape[1])), "tensor", ("batch", "features"), (1, int(shape[1])))
    return Signature((taken,), "the columns of the fit: {}".format(", ".join(names[:20])), "sklearn")


def of_xgboost(booster: Any) -> Signature:
    """Return what a Booster takes: its features, by name where it has names."""
    names = booster.feature_names
    count = int(booster.num_features()) if hasattr(booster, "num_features") else len(names or ())
    if not count:
        raise NotFound("the Booster doesn't say how many features it has")
    kinds = list(getattr(booster, "feature_types", None) or [])
    return Signature((_features(names, count, kinds),), "the XGBoost Booster's features", "xgboost")


def _features(names: Any, count: int, kinds: list[str]) -> Input:
    if not names:
        return Input("X", "float32", (None, count), "tensor", ("batch", "features"), (1, count))
    kinds = kinds + ["float"] * (count - len(kinds))
    whole = ("int", "i", "c")
    columns = tuple(Column(str(n), "int64" if k in whole else "float64") for n, k in zip(names, kinds))
    return Input("X", "table", (None, count), "table", ("batch", "columns"), (1, count), 0, columns)


def of_lightgbm(booster: Any) -> Signature:
    """Return what a LightGBM Booster takes."""
    count = int(booster.num_feature())
    names = list(booster.feature_name())
    categories = list(getattr(booster, "pandas_categorical", None) or [])
    if not categories:
        taken = Input("X", "float64", (None, count), "tensor", ("batch", "features"), (1, count))
        return Signature((taken,), "the LightGBM Booster's {} features".format(count), "lightgbm")
    raise NotFound("the LightGBM Booster was trained on a DataFrame with categories, of {} columns: {}".format(
        len(names), ", ".join(names[:20])))  # fmt: skip


def of_catboost(model: Any) -> Signature:
    """Return what a CatBoost model takes; categories it doesn't know are no fault."""
    names = list(model.feature_names_ or [])
    if not names:
        raise NotFound("the CatBoost model doesn't say how many features it has")
    texts = set(_indices(model, "get_cat_feature_indices")) | set(_indices(model, "get_text_feature_indices"))
    if not texts:
        count = len(names)
        taken = Input("X", "float64", (None, count), "tensor", ("batch", "features"), (1, count))
        return Signature((taken,), "the CatBoost model's {} features".format(count), "catboost")
    columns = tuple(Column(str(n), "str" if i in texts else "float64") for i, n in enumerate(names))
    taken = Input("X", "table", (None, len(names)), "table", ("batch", "columns"), (1, len(names)), 0, columns)
    return Signature((taken,), "the CatBoost model's features", "catboost")


def _indices(model: Any, name: str) -> list[int]:
    try:
        return list(getattr(model, name)())
    except Exception:
        return []
