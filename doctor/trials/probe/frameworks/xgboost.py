"""XGBoost: boosters, and the estimators that wrap them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks import objects
from doctor.trials.probe.frameworks.base import Adapter, Parameter


def of(model: Any) -> Adapter | None:
    """Return the adapter of a booster or a wrapper."""
    return Model() if hasattr(model, "save_model") and hasattr(model, "load_model") else None


class Model(Adapter):
    """A model in a format that all releases after the one that wrote it read."""

    name = "xgboost"

    def __init__(self) -> None:
        release = tuple(int(n) for n in self.version().split(".")[:2] if n.isdigit())
        self._file = "model.ubj" if release >= (1, 6) else "model.json"
        self.way = f"save_model('{self._file}')"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield what its JSON holds, where numbers are written so that none is lost."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.json")
            model.save_model(path)
            with open(path, encoding="utf-8") as file:
                return objects.values(json.load(file))

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        model.save_model(os.path.join(folder, self._file))

    def reload(self, model: Any, folder: str) -> Any:
        """Read it into a new object of the same class."""
        fresh = type(model)()
        fresh.load_model(os.path.join(folder, self._file))
        return fresh
