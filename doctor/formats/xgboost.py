"""Reads XGBoost's model files: JSON, Universal Binary JSON, and the binary format of versions before 3.1."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile, Port
from doctor.formats.kinds.xgboost import XGBoostFile
from doctor.formats.stream import Stream

PARSED_WHOLE = 1 << 20  # a JSON file up to this size; of a larger one the trees in its middle are passed over
_TAIL = 1 << 18
_BINARY = b"binf"
_MOST_TREES = 1_000_000
_MOST_ATTRIBUTES = 10_000


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what an XGBoost model file says of itself."""
    head = stream.peek(8)
    if head[:4] == _BINARY or head[:1] != b"{":
        return _binary(stream, path, size)
    if head[1:2] in {b"L", b"i", b"U", b"I", b"l", b"}"}:
        return _model(_universal(stream), path, "xgboost-ubj", size)
    return _model(_json(stream, size), path, "xgboost-json", size)


def _universal(stream: Stream) -> dict[str, Any]:
    from doctor.formats.ubjson import UBJSON

    def wanted(path: tuple[str, ...]) -> bool:
        return path[-1] not in {"trees", "tree_info", "iteration_indptr", "weight_drop", "weights", "cats"}

    value = UBJSON(stream, wanted).value()
    if not isinstance(value, dict):
        raise Unreadable("it holds no object")
    return value


def _json(stream: Stream, size: int) -> dict[str, Any]:
    if size <= PARSED_WHOLE:
        try:
            value = json.loads(stream.read(size))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"it is no JSON: {error}") from None
        if not isinstance(value, dict):
            raise Unreadable("it holds no JSON object")
        return value
    head = stream.read(PARSED_WHOLE - _TAIL).decode("utf-8", "replace")
    stream.skip(size - PARSED_WHOLE)
    tail = stream.read(_TAIL).decode("utf-8", "replace").rstrip()
    if not tail.endswith("}"):
        raise Unreadable(f"ends at byte {size} within a value")
    return _ends(head, tail)


def _ends(head: str, tail: str) -> dict[str, Any]:
    """Return what stands before and after the trees; XGBoost writes the keys of an object in the alphabet's order."""
    learner: dict[str, Any] = {}
    begun = re.match(r'\s*\{\s*"learner"\s*:\s*\{', head)
    if begun:
        learner |= _pairs(head, begun.end())
    whole: dict[str, Any] = {"learner": learner}
    at = tail.rfind('"learner_model_param"')
    if at >= 0:
        learner |= _pairs(tail, at)
    booster = learner["gradient_booster"] = dict(learner.get("gradient_booster") or {})
    name = re.search(r'"name"\s*:\s*"(gbtree|gblinear|dart)"', tail[: max(at, 0)])
    if name:
        booster["name"] = name[1]
    counted = re.search(r'"num_trees"\s*:\s*"(\d{1,9})"', head)
    if counted:
        booster["model"] = {"gbtree_model_param": {"num_trees": counted[1]}}
    version = re.search(r'"version"\s*:\s*\[([\d,\s]{5,40})\]\s*\}$', tail)
    if version:
        whole["version"] = [int(v) for v in version[1].split(",")]
    return whole


def _pairs(text: str, at: int) -> dict[str, Any]:
    """Return the complete "key": value pairs of an object from a position on, up to the first that is cut off."""
    decoder = json.JSONDecoder()
    key = re.compile(r'[\s,]*"([a-z_]+)"\s*:\s*')
    found: dict[str, Any] = {}
    for _ in range(64):
        colon = key.match(text, at)
        if not colon:
            break
        try:
            value, at = decoder.raw_decode(text, colon.end())
        except (ValueError, RecursionError):
            break
        found[colon[1]] = value
    return found


def _model(value: Mapping[str, Any], path: str, word: str, size: int) -> ModelFile:
    learner = _object(value.get("learner"))
    params = _object(learner.get("learner_model_param"))
    booster = _object(learner.get("gradient_booster"))
    model = _object(booster.get("model")) or _object(_object(booster.get("gbtree")).get("model"))
    facts = XGBoostFile(
        _text(booster.get("name")),
        _text(_object(learner.get("objective")).get("name")),
        _number(params.get("num_feature")),
        _number(params.get("num_class")),
        _number(_object(model.get("gbtree_model_param")).get("num_trees")),
        _texts(learner.get("feature_names")),
        _texts(learner.get("feature_types")),
        {str(k): _text(v) for k, v in _object(learner.get("attributes")).items()},
    )
    version = value.get("version")
    known = isinstance(version, list) and len(version) == 3 and all(isinstance(v, int) for v in version)
    writer = {"xgboost": ".".join(str(v) for v in version)} if known and isinstance(version, list) else {}
    return ModelFile(path, word, size, writer, inputs=_inputs(facts), facts=facts)


def _inputs(facts: XGBoostFile) -> tuple[Port, ...]:
    return (Port("data", "float32", (None, facts.num_feature)),) if facts.num_feature else ()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and value >= 0 else 0


def _binary(stream: Stream, path: str, size: int) -> ModelFile:
    if stream.peek(4) == _BINARY:  # from 1.1 on
        stream.read(4)
    params = stream.read(136)
    fields = [int.from_bytes(params[i : i + 4], "little") for i in range(0, 136, 4)]
    num_feature, num_class, extra, major, minor = fields[1], fields[2], fields[3], fields[5], fields[6]
    objective, booster = _string(stream), _string(stream)
    trees, attributes = 0, dict[str, str]()
    if booster == "gbtree":
        trees = _pass_trees(stream)
        attributes = _attributes(stream) if extra else {}
    facts = XGBoostFile(booster, objective, num_feature, num_class, trees, attributes=attributes)
    # Versions before 1.0 left these fields zero.
    writer = {"xgboost": f"{major}.{minor}"} if 0 < major < 100 and minor < 1000 else {}
    return ModelFile(path, "xgboost-binary", size, writer, inputs=_inputs(facts), facts=facts)


def _string(stream: Stream, longest: int = 4096) -> str:
    length = int.from_bytes(stream.read(8), "little")
    if length > longest:
        raise Unreadable(f"a name of {length} bytes at byte {stream.offset}")
    return stream.read(length).decode("utf-8", "replace")


def _pass_trees(stream: Stream) -> int:
    """Pass over the trees and return how many they are."""
    count = int.from_bytes(stream.read(160)[:4], "little")
    if count > _MOST_TREES:
        raise Unreadable(f"claims {count} trees")
    for _ in range(count):
        param = stream.read(148)
        nodes, vector = int.from_bytes(param[4:8], "little"), int.from_bytes(param[20:24], "little")
        stream.skip(nodes * 36)  # 20 bytes of structure and 16 of statistics
        if vector > 1:  # from 2.0 on, 1 says that leaves are plain numbers
            stream.skip(8 * int.from_bytes(stream.read(8), "little"))
    stream.skip(4 * count)
    return count


def _attributes(stream: Stream) -> dict[str, str]:
    count = int.from_bytes(stream.read(8), "little")
    if count > _MOST_ATTRIBUTES:
        raise Unreadable(f"claims {count} attributes")
    return {_string(stream): _string(stream, 1 << 20) for _ in range(count)}
