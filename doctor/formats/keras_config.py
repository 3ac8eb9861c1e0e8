"""Reads the JSON in which Keras keeps a model's architecture; shared by its two file formats."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from doctor.errors import Unreadable
from doctor.facts import load
from doctor.formats.kinds.base import Port, Symbol
from doctor.formats.kinds.keras import KerasObject

MOST_OBJECTS = 200_000
# Under these keys a configuration holds layers; under any other, initializers, policies, functions.
_LAYERS = frozenset({"layers", "layer", "backward_layer", "forward_layer", "cell", "cells"})
_FUNCTIONS = frozenset({"function", "builtin_function_or_method"})


def parsed(text: bytes | str, what: str) -> dict[str, Any]:
    """Return a JSON object; Unreadable where the text is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{what} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is no JSON object")
    return value


def objects(config: Mapping[str, Any]) -> tuple[tuple[KerasObject, ...], tuple[KerasObject, ...]]:
    """Return the model with all its layers, and the objects whose class Keras doesn't bring, in the file's order."""
    layers: list[KerasObject] = []
    custom: list[KerasObject] = []
    for entry, is_layer in _entries(config):
        found = _object(entry)
        if is_layer:
            layers.append(found)
        if is_custom(found, is_layer=is_layer):
            custom.append(found)
    return tuple(layers), tuple(custom)


def _entries(config: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield every serialised object, and whether it is a layer or model."""
    waiting: list[tuple[Any, bool]] = [(config, True)]
    seen = 0
    while waiting:
        value, is_layer = waiting.pop()
        seen += 1
        if seen > 50 * MOST_OBJECTS:
            raise Unreadable("its configuration has too many parts")
        if isinstance(value, list):
            waiting += [(v, is_layer) for v in reversed(value) if isinstance(v, (dict, list))]
        elif isinstance(value, dict):
            is_object = isinstance(value.get("class_name"), str) and "config" in value
            if is_object:
                yield value, is_layer
            inner = value["config"] if is_object and isinstance(value["config"], dict) else value
            keys = [(v, k in _LAYERS) for k, v in inner.items() if isinstance(v, (dict, list))]
            waiting += reversed(keys)


def _object(entry: Mapping[str, Any]) -> KerasObject:
    config = entry["config"] if isinstance(entry["config"], dict) else {"name": entry["config"]}
    build = entry.get("build_config")
    return KerasObject(
        entry["class_name"],
        _text(config.get("name")) or _text(entry.get("name")),
        _text(entry.get("module")),
        _text(entry.get("registered_name")),
        config,
        build if isinstance(build, dict) else None,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def is_custom(found: KerasObject, *, is_layer: bool) -> bool:
    """Say whether Keras itself doesn't bring an object's class."""
    if found.class_name.startswith("__"):  # a lambda, a tensor, a tuple: notation of the format
        return False
    root = found.module.split(".", 1)[0]
    if root in {"keras", "tf_keras", "tensorflow"}:
        return False
    if found.class_name in _FUNCTIONS:
        return found.name not in load("keras")["functions"]
    if root or ">" in found.class_name:
        return root != "builtins"
    # HDF5 names a class without its module: only a layer's can be told from a table.
    return is_layer and found.class_name not in load("keras")["classes"]


def symbols(custom: tuple[KerasObject, ...]) -> tuple[Symbol, ...]:
    """Return the Python objects that custom objects stand for."""
    found: dict[Symbol, None] = {}
    for item in custom:
        name = item.name if item.class_name in _FUNCTIONS else item.class_name.rsplit(">", 1)[-1]
        found[Symbol(item.module or item.class_name.rpartition(">")[0], name)] = None
    return tuple(found)


def ports(layers: tuple[KerasObject, ...]) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """Return the inputs and outputs of a model, from its layers; empty where its code alone knows."""
    if not layers:
        return (), ()
    model = layers[0].config
    if "input_layers" in model:
        by_name = {x.name: x for x in layers[1:]}
        inputs = tuple(_input(by_name[n]) for n in _ends(model["input_layers"]) if n in by_name)
        return inputs, tuple(Port(n, "", None) for n in _ends(model.get("output_layers")))
    if layers[0].class_name != "Sequential" or len(layers) < 2:
        return (), ()
    first = _input(layers[1])
    own = [x for x in model.get("layers", ()) if isinstance(x, dict) and isinstance(x.get("config"), dict)]
    last = _text(own[-1]["config"].get("name")) if own else ""
    return ((first,) if first.shape is not None else ()), ((Port(last, "", None),) if last else ())


def _ends(value: Any) -> list[str]:
    """Names of a model's first or last layers: ["a", 0, 0], or a list or mapping of such."""
    if isinstance(value, dict):
        return [name for part in value.values() for name in _ends(part)]
    if not isinstance(value, list):
        return []
    if value and isinstance(value[0], str) and all(isinstance(v, int) for v in value[1:3]):
        return [value[0]]
    return [name for part in value[:MOST_OBJECTS] if isinstance(part, (list, dict)) for name in _shallow(part)]


def _shallow(value: Any) -> list[str]:
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [value[0]]
    return []


def _input(layer: KerasObject) -> Port:
    shape = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
    if not isinstance(shape, list) or len(shape) > 32 or not all(v is None or isinstance(v, int) for v in shape):
        return Port(layer.name, _dtype(layer.config.get("dtype")), None)
    return Port(layer.name, _dtype(layer.config.get("dtype")), tuple(shape))


def _dtype(value: Any) -> str:
    if isinstance(value, dict):
        inner = value.get("config")
        value = inner.get("name") if isinstance(inner, dict) else ""
    return _text(value)
