"""Estimators of scikit-learn, and of libraries that derive theirs from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks import objects
from doctor.trials.probe.frameworks.base import Adapter, Parameter


def of(model: Any) -> Adapter | None:
    """Return the adapter of an estimator."""
    return Estimator() if hasattr(model, "get_params") and not isinstance(model, type) else None


class Estimator(Adapter):
    """An estimator, a transformer or a pipeline of them."""

    name = "scikit-learn"
    way = "joblib.dump"

    def version(self) -> str:
        """Return scikit-learn's version."""
        import sklearn  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return str(sklearn.__version__)

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield the arrays and values that it holds, trees and random states too."""
        return objects.values(model)

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        import joblib  # type: ignore[import-not-found,import-untyped,unused-ignore]

        joblib.dump(model, os.path.join(folder, "model.joblib"))

    def reload(self, model: Any, folder: str) -> Any:  # noqa: ARG002
        """Read it."""
        import joblib  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return joblib.load(os.path.join(folder, "model.joblib"))
