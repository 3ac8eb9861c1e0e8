"""Bodies of requests: what kind one is, the same values in another content type, and what is broken on purpose."""

from __future__ import annotations

import json
import os
import struct
from typing import Any

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
_SUFFIXES = {
    ".json": JSON,
    ".jsonl": "application/jsonlines",
    ".csv": CSV,
    ".npy": NPY,
    ".npz": "application/x-npz",
    ".libsvm": "text/libsvm",
    ".txt": "text/plain",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".wav": "audio/wav",
    ".flac": "audio/x-flac",
    ".parquet": "application/x-parquet",
}
_MAGICS = (
    (b"\x93NUMPY", NPY),
    (b"PK\x03\x04", "application/x-npz"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "audio/wav"),
    (b"fLaC", "audio/x-flac"),
    (b"PAR1", "application/x-parquet"),
)
_NOISE = bytes((i * 197 + 89) % 256 for i in range(256))


def content_type_of(name: str, body: bytes) -> str:
    """Return what a sample is, by its name, else by its first bytes; "" where neither tells."""
    by_name = _SUFFIXES.get(os.path.splitext(name)[1].lower())
    if by_name:
        return by_name
    for magic, kind in _MAGICS:
        if body.startswith(magic):
            return kind
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    try:
        json.loads(text)
    except ValueError:
        return CSV if "," in text.split("\n", 1)[0] else ""
    return JSON if text.lstrip()[:1] in ("{", "[", '"') else CSV


def numbers(body: bytes, content_type: str) -> Any:
    """Return the rows of numbers that a body holds, as lists; None where it holds something else."""
    try:
        if content_type == JSON:
            return _rows(json.loads(body.decode("utf-8")))
        if content_type == CSV:
            lines = body.decode("utf-8").strip().splitlines()
            return _rows([[float(cell) for cell in line.split(",")] for line in lines])
    except ValueError:
        return None
    return None


def _rows(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return value if value and shape_of(value) else None


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape of lists of numbers; None where they are ragged or hold something else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ()
    if not isinstance(value, list) or not value:
        return None
    inner = [shape_of(item) for item in value]
    if inner[0] is None or any(shape != inner[0] for shape in inner):
        return None
    return (len(value), *inner[0])


def written(rows: Any, content_type: str) -> bytes | None:
    """Return rows in a content type; None where it can't hold them."""
    shape = shape_of(rows)
    if shape is None:
        return None
    if content_type == JSON:
        return json.dumps(rows).encode("utf-8")
    if content_type == CSV and len(shape) in (1, 2):
        lines = rows if len(shape) == 2 else [rows]
        return "\n".join(",".join(repr(cell) for cell in line) for line in lines).encode("utf-8")
    if content_type == NPY:
        return _npy(rows, shape)
    return None


def _npy(rows: Any, shape: tuple[int, ...]) -> bytes:
    flat = rows
    for _ in shape[1:]:
        flat = [item for part in flat for item in part]
    header = "{{'descr': '<f4', 'fortran_order': False, 'shape': {!r}, }}".format(shape)
    padded = header + " " * (-(len(header) + 11) % 64) + "\n"
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded.encode("latin-1")
    return start + struct.pack("<{}f".format(len(flat)), *flat)


def malformed(body: bytes, content_type: str) -> list[tuple[str, bytes, str]]:
    """Return what a client may send by mistake: what it is, body, content type."""
    found = [
        ("empty body", b"", content_type),
        ("binary noise", _NOISE, content_type),
        ("unknown content type", body, "application/x-unheard-of"),
    ]
    if len(body) > 2:
        found.insert(0, ("body cut in half", body[: len(body) // 2], content_type))
    if content_type == JSON:
        found.append(("a text in place of the values", b'"a text"', content_type))
        found.append(("an empty object", b"{}", content_type))
    if content_type == CSV:
        found.append(("words in place of the values", b"some,words", content_type))
    return found
