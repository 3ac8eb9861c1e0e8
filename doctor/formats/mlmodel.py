"""Reads MLflow's ``MLmodel``: which flavors a model has, what loads it, and what it was made with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile, Port
from doctor.formats.kinds.mlmodel import MLmodel
from doctor.formats.stream import Stream
from doctor.formats.yamltext import parse

LARGEST = 4 << 20
# Settings of flavors that name a file or folder of the model.
_PATHS = (
    "model_path", "data", "pickled_model", "model_data", "python_model", "artifacts", "code", "model_code_path",
    "saved_model_dir", "model_binary",
)  # fmt: skip
# Settings of flavors that give the version of a distribution.
_WRITERS = {
    "sklearn_version": "scikit-learn",
    "xgb_version": "xgboost",
    "lgb_version": "lightgbm",
    "catboost_version": "catboost",
    "pytorch_version": "torch",
    "keras_version": "keras",
    "cloudpickle_version": "cloudpickle",
    "transformers_version": "transformers",
    "statsmodels_version": "statsmodels",
    "python_version": "python",
}


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what an MLmodel file says."""
    if size > LARGEST:
        raise Unreadable(f"{size} bytes are too many for an MLmodel")
    try:
        text = stream.read(size).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 text: {error}") from None
    value = parse(text)
    flavors = value.get("flavors") if isinstance(value, dict) else None
    if not isinstance(flavors, dict):
        raise Unreadable('it has no "flavors"')
    return _file(value, {str(k): _object(v) for k, v in flavors.items()}, path, size)


def _file(value: Mapping[str, Any], flavors: Mapping[str, dict[str, Any]], path: str, size: int) -> ModelFile:
    generic = flavors.get("python_function", {})
    env = generic.get("env")
    inputs, outputs, problem = _signature(value.get("signature"))
    facts = MLmodel(
        _text(value.get("mlflow_version")),
        {name: {k: v for k, v in row.items() if isinstance(v, str)} for name, row in flavors.items()},
        _text(generic.get("loader_module")),
        tuple(_files(flavors)),
        {str(k): _text(v) for k, v in env.items()} if isinstance(env, dict) else {"conda": _text(env)} if env else {},
        isinstance(env, dict),
        _columns(value.get("signature")),
        problem,
    )
    return ModelFile(path, "mlmodel", size, _writer(facts), inputs=inputs, outputs=outputs, facts=facts)


def _writer(facts: MLmodel) -> dict[str, str]:
    writer = {"mlflow": facts.mlflow_version} if facts.mlflow_version else {}
    for row in facts.flavors.values():
        for setting, distribution in _WRITERS.items():
            if row.get(setting):
                writer.setdefault(distribution, row[setting])
    return writer


def _files(flavors: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for name, row in flavors.items():
        for setting in _PATHS:
            if isinstance(row.get(setting), str):
                yield name, setting, row[setting]
        artifacts = row.get("artifacts")
        for key, one in artifacts.items() if isinstance(artifacts, dict) else ():
            if isinstance(one, dict) and isinstance(one.get("path"), str):
                yield name, f"artifacts: {key}", one["path"]


def _signature(value: Any) -> tuple[tuple[Port, ...], tuple[Port, ...], str]:
    if not isinstance(value, dict):
        return (), (), ""
    try:
        return _ports(value.get("inputs")), _ports(value.get("outputs")), ""
    except (ValueError, RecursionError) as error:
        return (), (), str(error)


def _columns(signature: Any) -> tuple[str, ...]:
    """Return the keys of a signature's columns; a tensor is described otherwise."""
    keys: dict[str, None] = {}
    for kind in ("inputs", "outputs"):
        try:
            rows = json.loads(_text(_object(signature).get(kind)) or "[]")
        except (ValueError, RecursionError):
            continue
        for row in rows if isinstance(rows, list) else ():
            keys |= dict.fromkeys(row) if isinstance(row, dict) and row.get("type") != "tensor" else {}
    return tuple(keys)


def _ports(text: Any) -> tuple[Port, ...]:
    columns = json.loads(text) if isinstance(text, str) else []
    return tuple(_port(c, n) for n, c in enumerate(columns) if isinstance(c, dict)) if isinstance(columns, list) else ()


def _port(column: Mapping[str, Any], number: int) -> Port:
    name = _text(column.get("name")) or str(number)
    tensor = _object(column.get("tensor-spec"))
    if not tensor:
        return Port(name, _text(column.get("type")), (None,))
    shape = tensor.get("shape")
    sizes = tuple(d if d >= 0 else None for d in shape if isinstance(d, int)) if isinstance(shape, list) else None
    return Port(name, _text(tensor.get("dtype")), sizes)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
