"""CatBoost."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks import objects
from doctor.trials.probe.frameworks.base import Adapter, Parameter

_LEARNED = ("oblivious_trees", "trees", "scale_and_bias", "features_info", "ctr_data")


def of(model: Any) -> Adapter | None:
    """Return the adapter of a model."""
    return Model() if hasattr(model, "save_model") else None


class Model(Adapter):
    """A model in CatBoost's own format."""

    name = "catboost"
    way = "save_model('model.cbm')"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield what its JSON holds of what was learned."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.json")
            model.save_model(path, format="json")
            with open(path, encoding="utf-8") as file:
                said = json.load(file)
        return objects.values({key: said[key] for key in _LEARNED if key in said})

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        model.save_model(os.path.join(folder, "model.cbm"))

    def reload(self, model: Any, folder: str) -> Any:
        """Read it into a new object of the same class."""
        return type(model)().load_model(os.path.join(folder, "model.cbm"))
