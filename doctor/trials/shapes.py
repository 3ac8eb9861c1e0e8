"""What a trial saw of a model's inputs and outputs, as rows for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Row = tuple[str, str, str, str]


def rows(value: Mapping[str, Any]) -> list[Row]:
    """
    Return (name, dtype, shape, remark) of each input and output of the step "shapes".

    A free dimension is written by its meaning, a fixed one by its size: "(batch, time, 16)". Nothing is taken for
    granted of a value that came out of a sandbox.
    """
    inputs = [_input(row) for row in _mappings(value.get("inputs"))]
    outputs = [_output(row) for row in _mappings(value.get("outputs"))]
    if not inputs and value.get("reason"):
        return [("inputs", "", "not found", str(value["reason"])[:500])]
    return inputs + outputs


def dimensions(row: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield each dimension of an input: what it means, the size it was called with, what is said of it."""
    means, sizes = _list(row.get("means")), _list(row.get("size"))
    for meaning, size, said in zip(means, sizes, _mappings(row.get("dims")), strict=False):
        yield str(meaning), size if isinstance(size, int) else 0, said


def _input(row: Mapping[str, Any]) -> Row:
    found = list(dimensions(row))
    shape = ", ".join(_size(meaning, size, said) for meaning, size, said in found)
    remarks = [r for r in (_remark(meaning, size, said) for meaning, size, said in found) if r]
    if row.get("kind") in {"image", "tokens", "text"}:
        remarks.insert(0, _kind(row))
    if columns := _mappings(row.get("columns")):
        remarks.insert(0, "columns " + ", ".join(str(c.get("name")) for c in columns[:8]))
    return f"input {row.get('name')}", str(row.get("dtype")), f"({shape})", "; ".join(remarks)


def _kind(row: Mapping[str, Any]) -> str:
    below = row.get("below")
    return f"tokens below {below}" if row.get("kind") == "tokens" and below else str(row.get("kind"))


def _size(meaning: str, size: int, said: Mapping[str, Any]) -> str:
    kind = said.get("says")
    if kind == "fixed":
        return str(said.get("size", size))
    return meaning or ("any" if kind == "free" else str(size))


def _remark(meaning: str, size: int, said: Mapping[str, Any]) -> str:
    kind, name = said.get("says"), meaning or "a dimension"
    others = " and ".join(_place(p) for p in _mappings(said.get("with")))
    words = {
        "multiple": f"{name} a multiple of {said.get('of')}",
        "at most": f"{name} at most {said.get('size')}",
        "at least": f"{name} at least {said.get('size')}",
        "tied": f"{name} as long as {others}",
        "joined": f"{name} and {others} together {said.get('sum')}",
        "unknown": f"{name} called with {size} only",
    }
    if kind == "fixed" and said.get("unchecked"):
        return f"{name} other than {said.get('size', size)} isn't refused, and answered with garbage"
    if kind == "joined" and said.get("unchecked"):
        return f"{words['joined']}; another sum isn't refused, and answered with garbage"
    return words.get(str(kind), "")


def _place(place: Mapping[str, Any]) -> str:
    means = place.get("means") or f"dimension {place.get('dimension')}"
    return f"{means} of {place.get('input')}"


def _output(row: Mapping[str, Any]) -> Row:
    shape = ", ".join(str(s) for s in _list(row.get("shape")))
    name = f"output {row.get('name')}" if row.get("name") else "output"
    return name, str(row.get("dtype")), f"({shape})", ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in _list(value) if isinstance(v, dict)]
