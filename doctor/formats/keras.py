"""Reads Keras's own files (``.keras``): a zip of the configuration, a note of the version, and weights in HDF5."""

from __future__ import annotations

from typing import Any

from doctor.errors import Unreadable
from doctor.formats.hdf5 import looked_through, tensors
from doctor.formats.keras_config import objects, parsed, ports, symbols
from doctor.formats.kinds.base import ModelFile, Tensor
from doctor.formats.kinds.keras import KerasFile
from doctor.formats.stream import Stream
from doctor.formats.zipstream import Entry, entries

LARGEST_CONFIG = 64 << 20
_NOTES = ("metadata.json", "config.json")
_WEIGHTS = "model.weights.h5"


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what a ``.keras`` file says of its model, and the shapes of its weights."""
    notes: dict[str, dict[str, Any]] = {}
    weights: tuple[Tensor, ...] = ()
    for entry in entries(stream):
        if entry.name in _NOTES:
            notes[entry.name] = parsed(_text(entry), entry.name)
        elif entry.name == _WEIGHTS:
            weights = tensors(looked_through(entry.body, entry.size))
    if "config.json" not in notes:
        raise Unreadable("no config.json in it: it is a zip, but none that Keras wrote")
    config, metadata = notes["config.json"], notes.get("metadata.json", {})
    layers, custom = objects(config)
    if not layers:
        raise Unreadable("its config.json describes no model")
    version = _string(metadata.get("keras_version"))
    compiled = config.get("compile_config")
    facts = KerasFile(
        "model",
        version,
        saved=_string(metadata.get("date_saved")),
        layers=layers,
        custom=custom,
        training=compiled if isinstance(compiled, dict) and compiled else None,
    )
    inputs, outputs = ports(layers)
    writer = {"keras": version} if version else {}
    return ModelFile(path, "keras", size, writer, symbols(custom), inputs, outputs, weights, facts)


def _text(entry: Entry) -> bytes:
    parts, length = [], 0
    while chunk := entry.body.some(1 << 20):
        length += len(chunk)
        if length > LARGEST_CONFIG:
            raise Unreadable(f"{entry.name} is larger than {LARGEST_CONFIG} bytes")
        parts.append(chunk)
    return b"".join(parts)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
