"""Reads skops's files (``.skops``): a zip of arrays and a schema that names every type."""

from __future__ import annotations

import json
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile, Symbol
from doctor.formats.kinds.skops import Skops
from doctor.formats.stream import Stream
from doctor.formats.zipstream import Entry, entries

_LARGEST = 16 << 20
_MOST_NODES = 2_000_000


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return the types that a file of skops needs and the version that wrote it."""
    schema: dict[str, Any] | None = None
    for entry in entries(stream):
        if entry.name == "schema.json":
            schema = _schema(entry)
    if schema is None:
        raise Unreadable("no schema.json in it, so skops didn't write it")
    symbols, loaders = _types(schema)
    version = schema.get("_skops_version")
    protocol = schema.get("protocol")
    facts = Skops(
        version if isinstance(version, str) else "",
        protocol if isinstance(protocol, int) else 0,
        _symbol(schema),
        loaders,
    )
    return ModelFile(path, "skops", size, {"skops": facts.version} if facts.version else {}, symbols, facts=facts)


def _schema(entry: Entry) -> dict[str, Any]:
    parts, length = [], 0
    while chunk := entry.body.some(1 << 20):
        length += len(chunk)
        if length > _LARGEST:
            raise Unreadable(f"schema.json is larger than {_LARGEST} bytes")
        parts.append(chunk)
    try:
        value = json.loads(b"".join(parts))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"schema.json is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable("schema.json holds no object")
    return value


def _types(schema: dict[str, Any]) -> tuple[tuple[Symbol, ...], tuple[str, ...]]:
    symbols: dict[Symbol, None] = {}
    loaders: dict[str, None] = {}
    waiting: list[Any] = [schema]
    seen = 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > _MOST_NODES:
            raise Unreadable(f"more than {_MOST_NODES} nodes")
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            symbol, loader = _symbol(node), node.get("__loader__")
            if symbol is not None:
                symbols[symbol] = None
            if isinstance(loader, str):
                loaders[loader] = None
    return tuple(sorted(symbols)), tuple(sorted(loaders))


def _symbol(node: dict[str, Any]) -> Symbol | None:
    module, name = node.get("__module__"), node.get("__class__")
    return Symbol(module, name) if isinstance(module, str) and isinstance(name, str) else None
