"""LightGBM's boosters; its wrappers of scikit-learn are estimators, and have no file of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks import sklearn
from doctor.trials.probe.frameworks.base import Adapter, Parameter, of_value


def of(model: Any) -> Adapter | None:
    """Return the adapter of a booster, or of an estimator that holds one."""
    if hasattr(model, "model_to_string"):
        return Booster()
    return Wrapper() if hasattr(model, "booster_") or hasattr(type(model), "booster_") else None


def _trees(booster: Any) -> Iterator[Parameter]:
    for block in booster.model_to_string().split("end of trees")[0].split("\n\n"):
        lines = block.strip().splitlines()
        if lines:
            yield of_value(lines[0], lines[1:])


class Booster(Adapter):
    """A booster in LightGBM's text format."""

    name = "lightgbm"
    way = "save_model('model.txt')"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield its trees, as its text writes them."""
        return _trees(model)

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        model.save_model(os.path.join(folder, "model.txt"))

    def reload(self, model: Any, folder: str) -> Any:
        """Read it."""
        return type(model)(model_file=os.path.join(folder, "model.txt"))


class Wrapper(sklearn.Estimator):
    """An LGBMModel."""

    name = "lightgbm"

    def version(self) -> str:
        """Return LightGBM's version."""
        return Adapter.version(self)

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield the trees of its booster."""
        return _trees(model.booster_)
