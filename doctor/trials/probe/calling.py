"""Calling a model of any framework as its stack would, with an example that `inputs.example` made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from doctor.trials.probe.arrays import Array
from doctor.trials.probe.inputs.values import Example, Table


def call(model: Any, example: Example) -> Any:
    """
    Return what a model answers; raises what the model raises.

    A torch module is called without gradients and in the mode, training or not, that it is in.
    """
    signature = example.signature
    return WAYS[signature.way](inside(model, signature.member), example)


def inside(model: Any, member: tuple[Any, ...]) -> Any:
    """Return the model in what a loader returned: by keys, or by attributes where they begin with a dot."""
    for key in member:
        attribute = isinstance(key, str) and key.startswith(".")
        model = getattr(model, key[1:]) if attribute else model[key]
    return model


def method_of(model: Any) -> str:
    """Return the method by which scikit-learn's sort of model is asked, "" where it has none."""
    for name in ("predict", "transform", "predict_proba", "score_samples", "kneighbors"):
        if callable(getattr(model, name, None)):
            return name
    return ""


def _torch(model: Any, example: Example) -> Any:
    import torch  # type: ignore[import-not-found,unused-ignore]

    values = [to_torch(v, model) for v in example.values]
    with torch.no_grad():
        return _enveloped(model, example, values)


def _exported(model: Any, example: Example) -> Any:
    return _torch(model.module(), example)


def _enveloped(model: Callable[..., Any], example: Example, values: list[Any]) -> Any:
    envelope = example.signature.envelope
    if envelope == "keywords":
        return model(**dict(zip(example.names, values)))
    if envelope == "mapping":
        return model(dict(zip(example.names, values)))
    if envelope == "list":
        return model(values)
    return model(*values)


def to_torch(value: Any, model: Any) -> Any:
    """Return a value as a tensor where the model is, of the model's precision; texts stay as they are."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    if isinstance(value, Table):
        value = _matrix(value, "float32")
    if not isinstance(value, Array) or value.dtype in ("str", "object"):
        return value
    dtype, device = _parameters_of(model)
    kind = getattr(torch, value.dtype)
    if dtype is not None and value.dtype == "float32" and dtype in (torch.float16, torch.bfloat16, torch.float64):
        kind = dtype
    return torch.tensor(value.flat, dtype=kind).reshape(value.shape).to(device)


def _parameters_of(model: Any) -> tuple[Any, Any]:
    try:
        first = next(iter(model.parameters()))
    except Exception:
        return None, "cpu"
    return (first.dtype if first.dtype.is_floating_point else None), first.device


def to_numpy(value: Any) -> Any:
    """Return a value as a NumPy array, a table as a DataFrame where pandas is there and its columns are named."""
    import numpy as np  # type: ignore[import-not-found,unused-ignore]

    if isinstance(value, Table):
        return _frame(value)
    if isinstance(value, Array):
        dtype = "object" if value.dtype in ("str", "object") else value.dtype
        return np.array(value.flat, dtype=dtype).reshape(value.shape)
    return value


def _frame(table: Table) -> Any:
    if not all(isinstance(c.name, str) for c in table.columns) or not _has_pandas():
        plain = all(c.dtype.startswith(("float", "int", "bool")) for c in table.columns)
        return to_numpy(_matrix(table, "float64" if plain else "object"))
    import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]

    frame = pd.DataFrame(table.rows, columns=[c.name for c in table.columns])
    for column in table.columns:
        try:
            if column.dtype.startswith("datetime"):
                frame[column.name] = pd.to_datetime(frame[column.name])
            elif column.dtype not in ("str", "object"):
                frame[column.name] = frame[column.name].astype(column.dtype)
        except (TypeError, ValueError):
            continue  # a NaN among whole numbers stays what it is
    return frame


def _has_pandas() -> bool:
    if "pandas" in sys.modules:
        return True
    import importlib.util

    return importlib.util.find_spec("pandas") is not None


def _matrix(table: Table, dtype: str) -> Array:
    flat = [cell for row in table.rows for cell in row]
    return Array(dtype, (len(table.rows), len(table.columns)), flat)


def _sklearn(model: Any, example: Example) -> Any:
    return getattr(model, method_of(model))(to_numpy(example.values[0]))


def _callable(model: Any, example: Example) -> Any:
    return _enveloped(model, example, [to_numpy(v) for v in example.values])


def _keras(model: Any, example: Example) -> Any:
    values = [_keras_value(v) for v in example.values]
    if example.signature.envelope == "mapping":
        given: Any = dict(zip(example.names, values))
    else:
        given = values[0] if len(values) == 1 else values
    return model(given, training=False)


def _keras_value(value: Any) -> Any:
    if isinstance(value, Array) and value.dtype in ("str", "object"):
        import tensorflow as tf  # type: ignore[import-untyped,import-not-found,unused-ignore]

        return tf.reshape(tf.constant(value.flat, dtype=tf.string), value.shape)
    return _texts(value) if isinstance(value, list) else to_numpy(value)


def _texts(value: list[Any]) -> Any:
    import tensorflow as tf  # type: ignore[import-untyped,import-not-found,unused-ignore]

    return tf.constant(value)


def _savedmodel(model: Any, example: Example) -> Any:
    import tensorflow as tf  # type: ignore[import-untyped,import-not-found,unused-ignore]

    function = model.signatures[example.signature.detail]
    given = {}
    for name, value in zip(example.names, example.values):
        array = _keras_value(value)
        given[name] = array if hasattr(array, "op") else tf.convert_to_tensor(array)
    return function(**given)


def _onnxruntime(model: Any, example: Example) -> Any:
    found = model.run(None, {n: to_numpy(v) for n, v in zip(example.names, example.values)})
    return dict(zip([o.name for o in model.get_outputs()], found))


def _xgboost(model: Any, example: Example) -> Any:
    import xgboost  # type: ignore[import-not-found,unused-ignore]

    table = example.values[0]
    names = [str(c.name) for c in table.columns] if isinstance(table, Table) else None
    matrix = to_numpy(_matrix(table, "float64")) if isinstance(table, Table) else to_numpy(table)
    return model.predict(xgboost.DMatrix(matrix, feature_names=names))


def _lightgbm(model: Any, example: Example) -> Any:
    return model.predict(to_numpy(example.values[0]))


def _catboost(model: Any, example: Example) -> Any:
    table = example.values[0]
    return model.predict(table.rows if isinstance(table, Table) else to_numpy(table))


def _pipeline(model: Any, example: Example) -> Any:
    task = example.signature.detail
    if task == "question-answering":
        return model(question=example.values[0], context=example.values[1])
    if task == "zero-shot-classification":
        return model(example.values[0], candidate_labels=["good", "bad"])
    return model([_for_pipeline(v) for v in _items(example.values[0])])


def _items(value: Any) -> list[Any]:
    """Return the rows of a value, each by itself."""
    if not isinstance(value, Array):
        return list(value)
    step = len(value.flat) // value.shape[0] if value.shape[0] else 0
    return [Array(value.dtype, value.shape[1:], value.flat[i * step : (i + 1) * step]) for i in range(value.shape[0])]


def _for_pipeline(value: Any) -> Any:
    if not isinstance(value, Array):
        return value
    array = to_numpy(value)
    if len(value.shape) != 3:
        return array
    # as the toolkit does with image/*
    from PIL import Image  # type: ignore[import-not-found,unused-ignore]

    return Image.fromarray((array * 255).astype("uint8"))


def _pyfunc(model: Any, example: Example) -> Any:
    values = example.values
    if len(values) > 1:
        return model.predict({n: to_numpy(v) for n, v in zip(example.names, values)})
    return model.predict(to_numpy(values[0]))


WAYS: dict[str, Callable[[Any, Example], Any]] = {
    "torch": _torch,
    "exported": _exported,
    "keras": _keras,
    "savedmodel": _savedmodel,
    "onnxruntime": _onnxruntime,
    "sklearn": _sklearn,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "catboost": _catboost,
    "pipeline": _pipeline,
    "pyfunc": _pyfunc,
    "callable": _callable,
}
