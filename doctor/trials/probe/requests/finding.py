"""The request to begin with: the given sample, one in the artifact, or candidates made from what the model takes."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from doctor.trials.probe.requests import bodies
from doctor.trials.probe.requests.sources import Claims

_IN_ARTIFACT = (
    "serving_input_example.json",
    "input_example.json",
    "sample.json",
    "sample.csv",
    "sample.npy",
    "sample.txt",
    "sample.png",
    "sample.jpg",
)
_MOST_CANDIDATES = 16
_LARGEST = 32 << 20


class Asked(NamedTuple):
    """
    A request.

    Args:
        source: "sample", "artifact" or "made".
        body: of it.
        content_type: of it.
        accept: "" for the stack's default.
        where: file in the artifact, or how it was made.
    """

    source: str
    body: bytes
    content_type: str
    accept: str = ""
    where: str = ""


def given(request: Any) -> Asked | None:
    """Return the sample, or what the artifact holds in its place; None without either."""
    if request.sample:
        body = request.body()
        kind = request.content_type or bodies.content_type_of(request.sample, body)
        return Asked("sample", body, kind, request.accept, os.path.basename(request.sample))
    for folder in ("", "code"):
        for name in _IN_ARTIFACT:
            path = os.path.join(request.model_dir, folder, name)
            if os.path.isfile(path) and os.path.getsize(path) <= _LARGEST:
                found = _of_artifact(path, os.path.join(folder, name), request)
                if found is not None:
                    return found
    return None


def _of_artifact(path: str, name: str, request: Any) -> Asked | None:
    with open(path, "rb") as file:
        body = file.read()
    if os.path.basename(path) == "input_example.json":
        body = _mlflow(body)
    kind = request.content_type or bodies.content_type_of(name, body)
    return Asked("artifact", body, kind, request.accept, name) if kind else None


def _mlflow(body: bytes) -> bytes:
    """Return a model's own example as a request: a split frame goes under its key (mlflow/models/utils.py)."""
    try:
        value = json.loads(body.decode("utf-8"))
    except ValueError:
        return body
    if isinstance(value, dict) and set(value) <= {"columns", "data", "index"}:
        return json.dumps({"dataframe_split": value}).encode("utf-8")
    if isinstance(value, dict) and set(value) & {"inputs", "instances", "dataframe_split", "dataframe_records"}:
        return body
    return json.dumps({"inputs": value}).encode("utf-8")


def made(value: Any, names: tuple[str, ...], stack: str, claims: Claims) -> list[Asked]:
    """
    Return requests that may carry an example, the likeliest first.

    Args:
        value: the example as JSON holds it: one input's lists, or a mapping of several by name.
        names: of the inputs.
        stack: which serves.
        claims: what the handler's source says.
    """
    found = [_asked(v) for v in _by_stack(value, names, stack, claims)]
    rows = value if bodies.shape_of(value) else None
    kinds = claims.content_types if claims.content_types else (bodies.CSV, bodies.NPY)
    if rows is not None:
        for kind in kinds:
            body = bodies.written(rows, kind) if kind != bodies.JSON else None
            if body is not None:
                found.append(Asked("made", body, kind, "", kind))
    if claims.content_types and bodies.JSON not in claims.content_types:
        found.sort(key=lambda asked: asked.content_type == bodies.JSON)
    return list({(a.body, a.content_type): a for a in found}.values())[:_MOST_CANDIDATES]


def _asked(value: Any) -> Asked:
    body = json.dumps(value).encode("utf-8")
    shape = "an object with " + ", ".join(value) if isinstance(value, dict) else "a bare " + type(value).__name__
    return Asked("made", body, bodies.JSON, "", shape)


def _by_stack(value: Any, names: tuple[str, ...], stack: str, claims: Claims) -> list[Any]:
    several = value if isinstance(value, dict) and len(names) > 1 else None
    if stack == "tensorflow-serving" and not claims.functions:
        return [_instances(several) if several else {"instances": value}]
    if stack == "mlflow":
        return [{"inputs": value}, {"instances": value}, {"dataframe_split": _split(value, names)}]
    found = _by_keys(value, several, names, claims.keys)
    if stack == "huggingface":
        found.append({"inputs": _first(value)})
        found.append({"inputs": value})
    found.append(value)
    found += [{key: value} for key in ("instances", "inputs", "data", "text") if several is None]
    return found


def _by_keys(value: Any, several: Any, names: tuple[str, ...], keys: tuple[str, ...]) -> list[Any]:
    found: list[Any] = []
    if not keys:
        return found
    if several is not None:
        listed = list(several.values())
        if set(names) <= set(keys):
            found.append(several)
        elif len(keys) == len(listed):
            found.append(dict(zip(keys, listed)))
            found.append({k: _first(v) for k, v in zip(keys, listed)})
        found.append({k: _first(v) for k, v in several.items()})
    else:
        found.append({keys[0]: value})
        found.append({keys[0]: _first(value)})
        if len(keys) > 1:
            found.append(dict.fromkeys(keys, value))
            found.append({key: _first(value) for key in keys})
            found.append([dict.fromkeys(keys, value)])
    return found


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _instances(several: dict[str, Any]) -> dict[str, Any]:
    count = min(len(v) for v in several.values())
    return {"instances": [{name: v[row] for name, v in several.items()} for row in range(count)]}


def _split(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    rows = value if isinstance(value, list) else [value]
    fits = bool(rows) and isinstance(rows[0], list) and len(rows[0]) == len(names)
    return {"columns": list(names) if fits else None, "data": rows}
