"""What only a TensorFlow SavedModel has."""

from __future__ import annotations

from typing import NamedTuple

from doctor.formats.kinds.base import Port


class Operator(NamedTuple):
    """
    An operator that a graph uses.

    ``function`` is the first function whose body has it, "" where the main graph itself does. The main graph is
    resolved when it loads, a function's body when it is first called. ``reached`` says whether the main graph, which
    every signature goes through, leads there.
    """

    name: str
    function: str = ""
    reached: bool = True


class Signature(NamedTuple):
    """A way to call a SavedModel, by the name that requests give ("serving_default")."""

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    method: str = ""


class SavedModel(NamedTuple):
    """
    The graph file of a SavedModel (``saved_model.pb``).

    Args:
        tensorflow_version: that wrote it; "" where it says none.
        tags: of each MetaGraph.
        signatures: of the MetaGraph tagged "serve", or of the only one.
        operators: of the same one: main graph and function library.
        assets: file names below ``assets/``.
        restores: whether the graph reads a checkpoint (``variables/``) when it loads.
        variables: how many variables the main graph has.
        frozen: whether the file is no SavedModel but a bare GraphDef under its name.
        called: whether what ``tf.saved_model.load`` returns can be called; None where the file has no objects
            (TensorFlow 1).
        keras: whether that is a model or layer of Keras 2.
    """

    tensorflow_version: str
    tags: tuple[tuple[str, ...], ...]
    signatures: tuple[Signature, ...] = ()
    operators: tuple[Operator, ...] = ()
    assets: tuple[str, ...] = ()
    restores: bool = False
    variables: int = 0
    frozen: bool = False
    called: bool | None = None
    keras: bool = False

    def callable_names(self) -> tuple[str, ...]:
        """Return the names of the signatures that a request can ask for."""
        return tuple(s.name for s in self.signatures if not s.name.startswith("__saved_model_"))

    def serving(self) -> Signature | None:
        """Return the signature that a request without a name gets, or None."""
        return next((s for s in self.signatures if s.name == "serving_default"), None)
