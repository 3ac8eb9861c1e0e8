"""Reads ``doctor.json``: samples with the outputs that they had at training time, and the versions that made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from doctor.errors import Unreadable

SCHEMA = 1
LARGEST = 16 << 20
_MOST_PACKAGES = 5000
_MOST_SAMPLES = 100
_MOST_OUTPUTS = 64
_LONGEST = 500


class Output(NamedTuple):
    """One output of a sample: its name in the answer's structure, dtype, shape, and how many values are kept."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    kept: int


class Sample(NamedTuple):
    """One sample: "request" (a body through the handler) or "model" (inputs of the model itself), and its outputs."""

    kind: str
    content_type: str
    outputs: tuple[Output, ...]


class Captured(NamedTuple):
    """
    What was captured.

    Args:
        python: version of the interpreter, "" unknown.
        platform: on which it ran.
        packages: versions of the packages that were imported.
        created: when, as ISO 8601.
        samples: in order.
        tolerances: (relative, absolute) by dtype.
    """

    python: str
    platform: str
    packages: Mapping[str, str]
    created: str
    samples: tuple[Sample, ...]
    tolerances: Mapping[str, tuple[float, float]]


def read(data: bytes) -> Captured:
    """Return what a doctor.json says; Unreadable where it isn't one, or is larger than any that is written."""
    if len(data) > LARGEST:
        raise Unreadable(f"{len(data)} bytes are more than a doctor.json has")
    try:
        told = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}") from None
    if not isinstance(told, dict) or told.get("doctor") != SCHEMA:
        raise Unreadable(f"not a doctor.json of schema {SCHEMA}")
    environment = _object(told, "environment")
    return Captured(
        python=_text(environment.get("python")),
        platform=_text(environment.get("platform")),
        packages=_packages(_object(environment, "packages")),
        created=_text(told.get("created")),
        samples=tuple(_sample(s) for s in _list(told, "samples")[:_MOST_SAMPLES]),
        tolerances=_tolerances(_object(told, "tolerances")),
    )


def _object(told: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = told.get(key, {})
    if not isinstance(value, dict):
        raise Unreadable(f"{key!r} is no object")
    return value


def _list(told: Mapping[str, Any], key: str) -> list[Any]:
    value = told.get(key, [])
    if not isinstance(value, list):
        raise Unreadable(f"{key!r} is no list")
    return value


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _packages(told: dict[str, Any]) -> dict[str, str]:
    return {_text(name): _text(version) for name, version in list(told.items())[:_MOST_PACKAGES] if _text(version)}


def _sample(told: Any) -> Sample:
    if not isinstance(told, dict) or told.get("kind") not in {"request", "model"}:
        raise Unreadable("a sample is neither a request nor a model's inputs")
    outputs = tuple(_output(o) for o in _list(told, "outputs")[:_MOST_OUTPUTS])
    return Sample(told["kind"], _text(told.get("content_type")), outputs)


def _output(told: Any) -> Output:
    if not isinstance(told, dict):
        raise Unreadable("an output is no object")
    shape = _list(told, "shape")
    if any(not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < 1 << 62 for n in shape):
        raise Unreadable(f"shape {str(shape)[:80]} of an output")
    return Output(_text(told.get("name")), _text(told.get("dtype")), tuple(shape), len(_list(told, "values")))


def _tolerances(told: dict[str, Any]) -> dict[str, tuple[float, float]]:
    found = {}
    for dtype, pair in list(told.items())[:_LONGEST]:
        numbers = isinstance(pair, list) and len(pair) == 2 and all(_is_number(n) for n in pair)
        if not numbers:
            raise Unreadable(f"tolerance of {dtype[:40]!r} is no pair of numbers")
        found[_text(dtype)] = (float(pair[0]), float(pair[1]))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e300
