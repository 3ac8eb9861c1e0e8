"""A sample of a request: found, decoded by its content type, and held against what the model says that it takes."""

from __future__ import annotations

import csv
import io
import json
import os
from typing import Any, NamedTuple

from doctor.trials.probe import arrays
from doctor.trials.probe.arrays import Array
from doctor.trials.probe.inputs.values import Input, NotFound, Signature

TYPES = {
    "json": "application/json", "csv": "text/csv", "npy": "application/x-npy", "txt": "text/plain",
    "libsvm": "text/libsvm", "jsonl": "application/jsonlines",
}  # fmt: skip
_ENVELOPES = ("instances", "inputs", "data", "dataframe_records", "input", "features", "x", "X")


class Sample(NamedTuple):
    """One request: its body, content type, where it was found, and the value that it decodes to (None: it doesn't)."""

    body: bytes
    content_type: str
    where: str
    value: Any


def find(request: Any) -> Sample | None:
    """Return the request's sample, else the one that lies in the artifact; None without one."""
    if request.sample:
        kind = request.content_type or _type_of(request.sample)
        return _sample(request.body(), kind, "the sample")
    for folder in ("", "code"):
        for name in _names(os.path.join(request.model_dir, folder)):
            path = os.path.join(request.model_dir, folder, name)
            with open(path, "rb") as file:
                return _sample(
                    file.read(1 << 24), _type_of(name), "{} in the artifact".format(os.path.join(folder, name))
                )
    return None


def _names(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    first = [n for n in names if n.rpartition(".")[0] == "sample" and n.rpartition(".")[2] in TYPES]
    return first + [n for n in names if n in ("serving_input_example.json", "input_example.json")]


def _type_of(path: str) -> str:
    return TYPES.get(path.rpartition(".")[2].lower(), "application/json")


def _sample(body: bytes, content_type: str, where: str) -> Sample:
    try:
        value = decoded(body, content_type)
    except Exception:
        value = None
    return Sample(body, content_type, where, value)


def decoded(body: bytes, content_type: str) -> Any:
    """Return a body's value: lists, mappings or an Array; raises what is wrong with it."""
    kind = content_type.split(";")[0].strip().lower()
    if kind == "application/x-npy":
        import numpy as np  # type: ignore[import-not-found,unused-ignore]

        array = np.load(io.BytesIO(body), allow_pickle=False)
        return Array(array.dtype.name, tuple(array.shape), array.ravel().tolist())
    text = body.decode("utf-8")
    if kind == "text/csv":
        rows = [[_cell(c) for c in row] for row in csv.reader(io.StringIO(text)) if row]
        return rows[1:] if len(rows) > 1 and _is_header(rows) else rows
    if kind == "application/jsonlines":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return json.loads(text) if kind in ("application/json", "") else None


def _cell(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _is_header(rows: list[list[Any]]) -> bool:
    return all(isinstance(c, str) for c in rows[0]) and any(isinstance(c, float) for c in rows[1])


def fitted(sample: Sample, own: Signature) -> Signature:
    """Return a model's signature with the sample's values in it; as it was where they don't fit."""
    given = _matched(sample.value, own)
    if given is None:
        return own._replace(
            source="{}; {} doesn't fit it as it is: the handler makes something else of it".format(
                own.source, sample.where
            )
        )
    inputs = tuple(_with(taken, value) for taken, value in zip(own.inputs, given))
    return own._replace(inputs=inputs, source="{}, with the values of {}".format(own.source, sample.where))


def _with(taken: Input, value: Any) -> Input:
    if isinstance(value, Array):
        flat = [float(x) for x in value.flat] if taken.dtype.startswith("float") else value.flat
        return taken._replace(sizes=value.shape, given=Array(taken.dtype, value.shape, flat))
    return taken._replace(given=value)


def _matched(value: Any, own: Signature) -> list[Any] | None:
    """Return a value for each input; None where names, ranks or fixed sizes don't fit."""
    if isinstance(value, dict) and {i.name for i in own.inputs} <= set(value):
        found = [_one(value[i.name], i) for i in own.inputs]
        return None if any(f is None for f in found) else found
    value = unwrapped(value)
    if isinstance(value, list) and len(own.inputs) > 1 and value and isinstance(value[0], dict):
        named = {i.name: [row.get(i.name) for row in value] for i in own.inputs}
        return _matched(named, own)
    if len(own.inputs) != 1:
        return None
    one = _one(value, own.inputs[0])
    return None if one is None else [one]


def unwrapped(value: Any) -> Any:
    """Return what is inside {"instances": …} and the like."""
    if isinstance(value, dict):
        for name in _ENVELOPES:
            if name in value and (len(value) == 1 or name in ("instances", "dataframe_records")):
                return value[name]
        split = value.get("dataframe_split")
        if isinstance(split, dict) and "data" in split:
            return split["data"]
        if isinstance(value.get("data"), list) and "columns" in value:
            return value["data"]
    return value


def _one(value: Any, taken: Input) -> Any:
    if taken.kind == "text":
        texts = [value] if isinstance(value, str) else value
        return texts if isinstance(texts, list) and texts and all(isinstance(t, str) for t in texts) else None
    if taken.kind == "table":
        return _rows(value, taken)
    array = value if isinstance(value, Array) else arrays.of_lists(value)
    if array is None or (array.dtype in ("str", "object") and taken.dtype != "str"):
        return None
    if len(array.shape) == len(taken.sizes) - 1 and taken.batch == 0:
        array = array._replace(shape=(1, *array.shape))
    if len(array.shape) != len(taken.sizes):
        return None
    fits = all(w is None or w == h for w, h in zip(taken.shape[1:], array.shape[1:]))
    return array if fits and 0 not in array.shape else None


def _rows(value: Any, taken: Input) -> Any:
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        return None
    names = [str(c.name) for c in taken.columns]
    if all(isinstance(r, dict) and set(names) <= set(r) for r in value):
        return [[row[n] for n in names] for row in value]
    if not isinstance(value[0], list):
        value = [value]
    return value if all(isinstance(r, list) and len(r) == len(names) for r in value) else None


def alone(sample: Sample, model: Any, reason: str) -> Signature:
    """Return a signature of a sample's own shape, where the model tells none; NotFound where it isn't an array."""
    way = "sklearn" if hasattr(model, "predict") else ("torch" if hasattr(model, "forward") else "")
    value = unwrapped(sample.value)
    array = value if isinstance(value, Array) else arrays.of_lists(value)
    if not way or array is None or not array.shape or array.dtype in ("str", "object"):
        raise NotFound(reason)
    dtype = "float32" if way == "torch" and array.dtype == "float64" else array.dtype
    if len(array.shape) == 1:
        array = array._replace(shape=(1, *array.shape))
    rest = {2: ("features",), 3: ("time", "features"), 4: ("channels", "height", "width")}
    means = ("batch", *rest.get(len(array.shape), ("",) * (len(array.shape) - 1)))
    taken = Input("input", dtype, (None,) * len(means), "tensor", means, array.shape, given=array._replace(dtype=dtype))
    return Signature((taken,), "{} ({})".format(sample.where, reason), way)
