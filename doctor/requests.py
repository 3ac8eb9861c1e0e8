"""A sample request as the stacks' own decoders see it: the shape of the array that CSV or JSON becomes."""

from __future__ import annotations

import json
from typing import Any

_MOST_DIMENSIONS = 16


def shape(sample: bytes, content_type: str) -> tuple[int, ...] | None:
    """Return the shape of the numbers that a request holds, None for one that isn't a regular array of numbers."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        return _csv_shape(sample)
    return json_shape(parsed(sample)) if kind == "application/json" else None


def parsed(sample: bytes) -> Any:
    """Return what a JSON request says, None for one that isn't JSON."""
    try:
        return json.loads(sample)
    except (ValueError, RecursionError):
        return None


def json_shape(value: Any, depth: int = 0) -> tuple[int, ...] | None:
    """Return the shape of nested lists of numbers; None where they hold something else, or lists of unequal length."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ()
    if not isinstance(value, list) or not value or depth > _MOST_DIMENSIONS:
        return None
    inner = {json_shape(part, depth + 1) for part in value}
    only = inner.pop()
    return (len(value), *only) if not inner and only is not None else None


def _csv_shape(sample: bytes) -> tuple[int, ...] | None:
    """Return the shape of CSV without a header; as NumPy squeezes it, one row has one dimension."""
    try:
        rows = [line.split(",") for line in sample.decode().strip().splitlines()]
        for row in rows:
            _ = [float(field) for field in row]
    except ValueError:
        return None
    columns = {len(row) for row in rows}
    if len(columns) != 1 or not rows:
        return None
    return tuple(n for n in (len(rows), columns.pop()) if n > 1)
