"""Reads HDF5 files, as Keras writes models and weights into them: names, shapes and configuration, no weights."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.hdf5bytes import spooled
from doctor.formats.hdf5file import HDF5File, Thing
from doctor.formats.kinds.base import ModelFile, Tensor
from doctor.formats.kinds.keras import KerasFile
from doctor.formats.stream import Stream

_SLIPS = (struct.error, IndexError, KeyError, ValueError, OverflowError, MemoryError, RecursionError, OSError)
# What the groups at the root of a weights file of Keras 3 are called.
_WEIGHTS_3 = frozenset({"layers", "vars", "optimizer", "_layer_checkpoint_dependencies"})


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return what an HDF5 file holds: a Keras model, Keras weights alone, or other data.

    The format is read at random; a stream that passes once is copied aside first.
    """
    things = looked_through(stream, size)
    root = things[""]
    facts = _facts(root, things)
    writer = {"keras": facts.version} if facts.version else {}
    held = tensors(things)
    if facts.holds != "model":
        return ModelFile(path, "hdf5", size, writer, tensors=held, facts=facts)
    from doctor.formats.keras_config import ports, symbols

    inputs, outputs = ports(facts.layers)
    return ModelFile(path, "hdf5", size, writer, symbols(facts.custom), inputs, outputs, held, facts)


def looked_through(stream: Stream, size: int | None) -> dict[str, Thing]:
    """Return every object of an HDF5 file by path; Unreadable, and nothing else, where the bytes are none."""
    try:
        file, size = spooled(stream, size)
        with file:
            return dict(HDF5File(file, size).walk())
    except Unreadable:
        raise
    except _SLIPS as error:
        raise Unreadable(f"its structure is broken: {error}") from None


def tensors(things: Mapping[str, Thing], prefix: str = "") -> tuple[Tensor, ...]:
    """Return the arrays of an HDF5 file, named by their paths."""
    return tuple(
        Tensor(prefix + path, _dtype(thing), thing.shape)
        for path, thing in things.items()
        if thing.dtype and thing.shape is not None
    )


def _dtype(thing: Thing) -> str:
    # HDF5 has no bfloat16: Keras 3 stores its bits and notes the dtype beside them.
    noted = thing.attributes.get("dtype")
    return noted if thing.dtype == "object" and isinstance(noted, str) else thing.dtype


def _facts(root: Thing, things: Mapping[str, Thing]) -> KerasFile:
    attributes = root.attributes
    version, backend = _text(attributes.get("keras_version")), _text(attributes.get("backend"))
    if isinstance(attributes.get("model_config"), str):
        return _model(attributes, version, backend)
    if "layer_names" in attributes or "layer_names0" in attributes:
        return KerasFile("weights", version, backend, layout="names")
    ours = _WEIGHTS_3 & root.links.keys()
    if ours and any(path.split("/")[-2:-1] == ["vars"] for path in things):
        layout = "dependencies" if "_layer_checkpoint_dependencies" in ours else "layers"
        return KerasFile("weights", version, backend, layout=layout)
    return KerasFile("data")


def _model(attributes: Mapping[str, Any], version: str, backend: str) -> KerasFile:
    from doctor.formats.keras_config import objects, parsed

    layers, custom = objects(parsed(attributes["model_config"], "model_config"))
    training = attributes.get("training_config")
    compiled = parsed(training, "training_config") if isinstance(training, str) else None
    # The first Keras versions that kept a model in HDF5 wrote no version.
    return KerasFile("model", version, backend, "", layers, custom, compiled)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
