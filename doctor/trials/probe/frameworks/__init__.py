"""
Models by the framework that made them: their parameters, and the framework's own way to save and load them.

Nothing is imported here that the model itself hasn't brought in: an object's classes tell its framework.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doctor.trials.probe.frameworks.base import Adapter

# Top-level packages of a model's classes and the modules that know them, the more particular first: a Keras model is
# a torch module as well on that backend, a booster's wrapper is an estimator.
_MODULES = (
    ("transformers", "transformers"),
    ("keras", "keras"),
    ("tf_keras", "keras"),
    ("mlflow", "mlflow"),
    ("xgboost", "xgboost"),
    ("lightgbm", "lightgbm"),
    ("catboost", "catboost"),
    ("onnxruntime", "onnxruntime"),
    ("torch", "torch"),
    ("tensorflow", "tensorflow"),
    ("sklearn", "sklearn"),
)
_MOST_PARTS = 50


def of(model: Any) -> Adapter | None:
    """Return the adapter of a framework's model, None for what is none."""
    roots = [(kind.__module__ or "").split(".")[0] for kind in type(model).__mro__]
    for root, name in _MODULES:
        if root in roots:
            found = importlib.import_module("doctor.trials.probe.frameworks." + name).of(model)
            if found is not None:
                return found  # type: ignore[no-any-return]
    return None


def parts(loaded: Any) -> Iterator[tuple[str, Any, Adapter]]:
    """
    Yield the models in what a model_fn returned, each with its place and its adapter.

    It is the model itself (place ""), or a tuple, a list, a dictionary or an object of the artifact's own class that
    holds models: places read "['model']", "[0]", ".net".
    """
    seen: set[int] = set()
    waiting = [("", loaded, 0)]
    while waiting and len(seen) < _MOST_PARTS:
        place, value, depth = waiting.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        adapter = of(value)
        if adapter is not None:
            yield place, value, adapter
        elif depth < 3:
            waiting.extend((place + at, inner, depth + 1) for at, inner in _held(value))


def _held(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", inner) for key, inner in list(value.items())[:_MOST_PARTS]]
    if isinstance(value, (list, tuple)):
        return [(f"[{index}]", inner) for index, inner in enumerate(value[:_MOST_PARTS])]
    held = getattr(value, "__dict__", None)
    if isinstance(held, dict) and not isinstance(value, type):
        return [("." + str(name), inner) for name, inner in list(held.items())[:_MOST_PARTS]]
    return []
