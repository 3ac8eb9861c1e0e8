"""Reads TorchServe's model archives (``.mar``): a zip with ``MAR-INF/MANIFEST.json``."""

from __future__ import annotations

import json
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile
from doctor.formats.kinds.mar import ModelArchive
from doctor.formats.stream import Stream
from doctor.formats.zipstream import Entry, entries

MANIFEST = "MAR-INF/MANIFEST.json"
_LARGEST = 1 << 20
_MOST_MEMBERS = 20_000


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what a model archive's manifest says, and which files are in it."""
    manifest: dict[str, Any] | None = None
    members: list[str] = []
    for entry in entries(stream):
        if entry.name == MANIFEST:
            manifest = _manifest(entry)
        elif not entry.name.endswith("/") and len(members) < _MOST_MEMBERS:
            members.append(entry.name)
    if manifest is None:
        raise Unreadable(f"no {MANIFEST} in it, so it is no model archive of TorchServe")
    model = manifest.get("model")
    model = model if isinstance(model, dict) else {}
    facts = ModelArchive(
        _text(model, "modelName"),
        _text(model, "modelVersion"),
        _text(model, "handler"),
        _text(model, "modelFile"),
        _text(model, "serializedFile"),
        _text(model, "requirementsFile"),
        tuple(members),
        _text(manifest, "runtime"),
    )
    archiver = _text(manifest, "archiverVersion")
    writer = {"torch-model-archiver": archiver} if archiver else {}
    return ModelFile(path, "torch-model-archive", size, writer, facts=facts)


def _manifest(entry: Entry) -> dict[str, Any]:
    data = entry.body.peek(_LARGEST)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{MANIFEST} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable(f"{MANIFEST} holds no object")
    return value


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
