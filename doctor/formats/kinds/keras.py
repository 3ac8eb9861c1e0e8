"""What a Keras file says: its layers, how it was compiled, whether it holds a model or weights alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class KerasObject(NamedTuple):
    """
    One object of the model's configuration: a model, a layer, a cell.

    Args:
        class_name: as the file has it: "Dense", "MyPackage>MyDense".
        name: what the model calls it: "dense_1".
        module: the Python module of its class, "" where the file doesn't say.
        registered: the name that its class is registered under, "" where it isn't or the file doesn't say.
        config: what its class is made with.
        build: what it is built with; of a ``.keras`` file only.
    """

    class_name: str
    name: str
    module: str
    registered: str
    config: Mapping[str, Any]
    build: Mapping[str, Any] | None = None


class KerasFile(NamedTuple):
    """
    A file written by Keras, or an HDF5 file of something else.

    Args:
        holds: "model"; "weights" without the architecture; or "data", which Keras didn't write.
        version: of the Keras that wrote it, "" where the file doesn't say.
        backend: "tensorflow", "jax", "torch", or "".
        saved: when, as the file has it.
        layers: the model itself first, then every layer, cell and nested model in it.
        custom: objects whose class Keras doesn't bring: layers, losses, activations.
        training: the loss, metrics and optimizer it was compiled with; None where it wasn't.
        layout: of weights alone: "names" of the layers (Keras 1 and 2), "dependencies" (``.weights.h5`` of Keras 2.12
            to 2.14) or "layers" (since then).
    """

    holds: str
    version: str = ""
    backend: str = ""
    saved: str = ""
    layers: tuple[KerasObject, ...] = ()
    custom: tuple[KerasObject, ...] = ()
    training: Mapping[str, Any] | None = None
    layout: str = ""

    @property
    def lambdas(self) -> tuple[KerasObject, ...]:
        """The layers that hold Python code as marshalled byte code."""
        return tuple(x for x in self.layers if x.class_name == "Lambda" and holds_code(x.config.get("function")))


def holds_code(function: Any) -> bool:
    """Say whether a Lambda layer's function is byte code, not the name of a function."""
    if isinstance(function, list):  # Keras 2 in HDF5: code, defaults, closure
        return True
    return isinstance(function, dict) and function.get("class_name") == "__lambda__"
