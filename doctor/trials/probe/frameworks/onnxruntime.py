"""Sessions of ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.defaults import toolkit
from doctor.trials.probe.frameworks.base import Adapter, Parameter, digest


def of(model: Any) -> Adapter | None:
    """Return the adapter of a session."""
    return Session() if hasattr(model, "get_inputs") and hasattr(model, "run") else None


class Session(Adapter):
    """A session: its graph is written anew by onnx where that is installed, else by the runtime."""

    name = "onnxruntime"

    def __init__(self) -> None:
        self._rewrites = toolkit.installed("onnx")
        self.way = "onnx.save" if self._rewrites else "SessionOptions.optimized_model_filepath, without optimization"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield its initializers; none where onnx isn't installed to read them."""
        graph = _graph(model).graph if self._rewrites else None
        for held in graph.initializer if graph is not None else ():
            raw = held.raw_data or held.SerializeToString(deterministic=True)
            yield Parameter(held.name, str(held.data_type), tuple(held.dims), digest(raw), len(raw))

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        path = os.path.join(folder, "model.onnx")
        if self._rewrites:
            import onnx  # type: ignore[import-not-found,unused-ignore]

            onnx.save(_graph(model), path)
            return
        import onnxruntime  # type: ignore[import-not-found,unused-ignore]

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.optimized_model_filepath = path
        onnxruntime.InferenceSession(_source(model), options, providers=model.get_providers())

    def reload(self, model: Any, folder: str) -> Any:
        """Read it, for the same providers."""
        return type(model)(os.path.join(folder, "model.onnx"), providers=model.get_providers())


def _source(session: Any) -> Any:
    return getattr(session, "_model_path", None) or getattr(session, "_model_bytes", None)


def _graph(session: Any) -> Any:
    import onnx  # type: ignore[import-not-found,unused-ignore]

    source = _source(session)
    return onnx.load_model_from_string(source) if isinstance(source, bytes) else onnx.load(source)
