"""Keras 2 and 3, and Keras 2 as tf_keras."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks.base import Adapter, Parameter, of_array


def of(model: Any) -> Adapter | None:
    """Return the adapter of a model; a lone layer has none."""
    return Model(model) if hasattr(model, "weights") and hasattr(model, "save") else None


class Model(Adapter):
    """A model in the format that its Keras prefers."""

    name = "keras"

    def __init__(self, model: Any) -> None:
        roots = [(kind.__module__ or "").split(".")[0] for kind in type(model).__mro__]
        self.name = next((root for root in roots if root in ("keras", "tf_keras")), "keras")
        recent = tuple(int(n) for n in self.version().split(".")[:2] if n.isdigit()) >= (2, 12)
        self._file = "model.keras" if recent else "model.h5"
        self.way = f"model.save('{self._file}')"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield its weights in their order."""
        for index, weight in enumerate(model.weights):
            name = getattr(weight, "path", "") or weight.name
            yield of_array(f"{index} {name}", _array(weight))

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        model.save(os.path.join(folder, self._file))

    def reload(self, model: Any, folder: str) -> Any:  # noqa: ARG002
        """Read it, without what training alone needs."""
        load = importlib.import_module(self.name + ".models").load_model
        return load(os.path.join(folder, self._file), compile=False)


def _array(weight: Any) -> Any:
    value = weight.numpy() if hasattr(weight, "numpy") else weight
    if hasattr(value, "detach"):  # the PyTorch backend
        value = value.detach().cpu().numpy()
    if not hasattr(value, "tobytes"):
        import numpy as np  # type: ignore[import-not-found,unused-ignore]

        value = np.asarray(value)
    return value
