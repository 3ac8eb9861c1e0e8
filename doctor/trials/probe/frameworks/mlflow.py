"""MLflow's pyfunc models: saved again by the flavour that loaded them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks import objects
from doctor.trials.probe.frameworks.base import Adapter, Parameter


def of(model: Any) -> Adapter | None:
    """Return the adapter of a pyfunc model."""
    return Pyfunc(model) if hasattr(model, "metadata") and hasattr(model, "predict") else None


class Pyfunc(Adapter):
    """A pyfunc model."""

    name = "mlflow"

    def __init__(self, model: Any) -> None:
        flavors = getattr(model.metadata, "flavors", None) or {}
        loader = str(flavors.get("python_function", {}).get("loader_module", ""))
        self._loader = "mlflow.pyfunc" if loader == "mlflow.pyfunc.model" else loader
        self.way = self._loader + ".save_model"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield those of the model inside, as its framework has them."""
        from doctor.trials.probe import frameworks

        inner = _inner(model)
        adapter = frameworks.of(inner)
        return adapter.parameters(inner) if adapter is not None else objects.values(inner)

    def save(self, model: Any, folder: str) -> None:
        """Write it, without asking for an environment."""
        path = os.path.join(folder, "model")
        flavour: Any = importlib.import_module(self._loader)
        inner = _inner(model)
        if self._loader == "mlflow.pyfunc":
            artifacts = getattr(getattr(_impl(model), "context", None), "artifacts", None) or None
            flavour.save_model(path, python_model=inner, artifacts=artifacts, pip_requirements=[])
        else:
            flavour.save_model(inner, path, pip_requirements=[])

    def reload(self, model: Any, folder: str) -> Any:  # noqa: ARG002
        """Read it."""
        import mlflow.pyfunc  # type: ignore[import-not-found,unused-ignore]

        return mlflow.pyfunc.load_model(os.path.join(folder, "model"))


def _impl(model: Any) -> Any:
    return getattr(model, "_model_impl", None)


def _inner(model: Any) -> Any:
    """Return what the flavour wraps: its wrapper keeps it under a name of its own."""
    impl = _impl(model)
    if hasattr(impl, "python_model"):
        return impl.python_model
    if hasattr(impl, "get_raw_model"):
        return impl.get_raw_model()
    names = ("sklearn_model", "xgb_model", "lgb_model", "cb_model", "pytorch_model", "keras_model", "model")
    return next((getattr(impl, name) for name in names if hasattr(impl, name)), impl)
