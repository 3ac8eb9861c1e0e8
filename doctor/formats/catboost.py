"""
Reads CatBoost's model files: its binary format (a FlatBuffer behind CBM1) and JSON.

https://github.com/catboost/catboost/tree/master/catboost/libs/model/flatbuffers
"""

from __future__ import annotations

import json
import re
import struct
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.flatbuffer import Buffer
from doctor.formats.kinds.base import ModelFile, Port
from doctor.formats.kinds.trees import CatBoostFile
from doctor.formats.stream import Stream

MAGIC = b"CBM1"
_LARGEST = 64 << 20  # of a larger one only the format is told
_MOST_ENTRIES = 1000
_RELEASE = re.compile(r"(?:CatBoost release|tags/v)\s*(\d+\.\d+(?:\.\d+)*)")


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what a CatBoost model says of itself; Unreadable where it is cut short or damaged."""
    head = stream.peek(4)
    if head != MAGIC and not head.startswith(b"{"):
        raise Unreadable(f"it begins with {head!r}, not with {MAGIC!r}")
    if head != MAGIC:
        return _json(stream, path, size)
    stream.read(4)
    length = int.from_bytes(stream.read(4), "little")
    if length > _LARGEST:
        stream.skip(length)
        return ModelFile(path, "catboost", size, {}, facts=CatBoostFile("cbm"))
    buffer = Buffer(stream.read(length))
    try:
        root = buffer.follow(0)
        trees = buffer.follow(buffer.field(root, 1)) if buffer.field(root, 1) else 0
        said = _entries(buffer, buffer.field(root, 2))
        numbers = [buffer.count(buffer.field(trees, i)) for i in (5, 4)] if trees else [0, 0]
        dimension = buffer.field(trees, 0) if trees else 0
        classes = buffer.number(dimension, "<i") if dimension else 1
    except struct.error:
        raise Unreadable("its tables lead outside the file") from None
    return _file(path, size, said, CatBoostFile("cbm", "", numbers[0], numbers[1], max(classes, 1)))


def _entries(buffer: Buffer, at: int) -> dict[str, str]:
    entries = buffer.tables(at, _MOST_ENTRIES)
    return {buffer.text(buffer.field(e, 0)): buffer.text(buffer.field(e, 1)) for e in entries}


def _json(stream: Stream, path: str, size: int) -> ModelFile:
    if size > _LARGEST:
        return ModelFile(path, "catboost", size, {}, facts=CatBoostFile("json"))
    try:
        value = json.loads(stream.read(size))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is no JSON: {error}") from None
    model = value if isinstance(value, dict) else {}
    said = _object(model.get("model_info"))
    features = _object(model.get("features_info"))
    count = tuple(len(_list(features.get(k))) for k in ("float_features", "categorical_features"))
    said = {k: v if isinstance(v, str) else json.dumps(v) for k, v in said.items()}
    return _file(path, size, said, CatBoostFile("json", "", count[0], count[1]))


def _file(path: str, size: int, said: dict[str, str], facts: CatBoostFile) -> ModelFile:
    release = _RELEASE.search(said.get("catboost_version_info", ""))
    loss = _object(_object(_parsed(said.get("params", ""))).get("loss_function")).get("type")
    columns = facts.float_features + facts.categorical_features
    return ModelFile(
        path, "catboost", size, {"catboost": release[1]} if release else {},
        inputs=(Port("data", "float32", (None, columns)),) if columns else (),
        facts=facts._replace(loss=loss if isinstance(loss, str) else ""),
    )  # fmt: skip


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
