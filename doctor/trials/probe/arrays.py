"""Inputs and outputs of any framework as plain values; none is imported here: an object's own methods tell all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

MOST_LEAVES = 200
MOST_ELEMENTS = 1 << 20  # of one array that are kept and compared
TOLERANCE = {"float16": (1e-2, 1e-3), "bfloat16": (3e-2, 1e-2), "float32": (1e-4, 1e-5), "float64": (1e-6, 1e-8)}


class Leaf(NamedTuple):
    """
    One array, number or text in a structure.

    Args:
        name: where it is in the structure: "logits", "0.score", "" where the structure is the leaf.
        dtype: "float32", "int64", "str", "bool", or an object's dotted type.
        shape: of an array, () for a single value.
        flat: its elements in order, as plain Python values, of very large ones the beginning of each row; none of an
            object that is no array.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    flat: list[Any]


class Array(NamedTuple):
    """An array as plain values: ``flat`` in C order."""

    dtype: str
    shape: tuple[int, ...]
    flat: list[Any]


def describe(value: Any) -> list[dict[str, Any]]:
    """Return name, dtype and shape of each array, table or single value in a structure, however nested."""
    return [{"name": n, "dtype": _dtype(v), "shape": _shape(v)} for n, v in _walk(value, "")]


def leaves(value: Any) -> list[Leaf]:
    """Return a structure's arrays and values with their elements."""
    return [Leaf(n, _dtype(v), tuple(_shape(v)), _flat(v)) for n, v in _walk(value, "")]


def to_lists(value: Any) -> Any:
    """Return a structure as JSON can hold it: lists, mappings, numbers and texts."""
    if isinstance(value, Array):
        return nested(value.flat, value.shape)
    if _is_table(value):
        return {str(c): _flat(value[c]) for c in value.columns}
    if _is_array(value):
        return nested(_flat(value), tuple(_shape(value)))
    if _is_mapping(value):
        return {str(k): to_lists(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_lists(v) for v in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else repr(value)


def nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    """Return elements in C order as lists of lists."""
    if not shape:
        return flat[0] if flat else None
    if len(shape) == 1:
        return list(flat)
    step = len(flat) // shape[0] if shape[0] else 0
    return [nested(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def of_lists(value: Any, dtype: str = "") -> Array | None:
    """Return lists of lists of numbers or texts as an array; None where they are ragged or hold something else."""
    shape = _list_shape(value)
    if shape is None:
        return None
    flat: list[Any] = []
    _flatten(value, flat)
    return Array(dtype or _plain_dtype(flat), shape, flat)


def equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Say whether two structures hold the same within the tolerance of their dtypes; NaN is equal to NaN."""
    return not difference(a, b, rtol, atol)


def difference(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> str:
    """Return the first difference of two structures in words, "" where they are equal."""
    return difference_of_leaves(leaves(a), leaves(b), rtol, atol)


def difference_of_leaves(first: list[Leaf], second: list[Leaf], rtol: float | None, atol: float | None) -> str:
    """Return the first difference of two lists of leaves in words, "" where they are equal."""
    if [leaf.name for leaf in first] != [leaf.name for leaf in second]:
        return "{} and {} values".format(len(first), len(second)) if len(first) != len(second) else "other names"
    for one, other in zip(first, second):
        said = _unlike(one, other, rtol, atol)
        if said:
            return "{}: {}".format(one.name, said) if one.name else said
    return ""


def finite(value: Any) -> bool:
    """Say whether no number in a structure is NaN or infinite."""
    return all(math.isfinite(x) for leaf in leaves(value) for x in leaf.flat if isinstance(x, float))


def row_of(found: list[Leaf], rows: int, row: int) -> list[Leaf] | None:
    """
    Return what one row of a batch got: the row of every leaf whose first dimension, or list around it, is the batch.

    None where an output has neither.
    """
    out = []
    for leaf in found:
        if leaf.shape[:1] == (rows,):
            step = len(leaf.flat) // rows
            out.append(leaf._replace(shape=leaf.shape[1:], flat=leaf.flat[row * step : (row + 1) * step]))
            continue
        at = _list_of_rows(found, leaf, rows)
        if at < 0:
            return None
        parts = leaf.name.split(".")
        if parts[at] == str(row):
            out.append(leaf._replace(name=".".join(parts[:at] + parts[at + 1 :])))
    return out or None


def _list_of_rows(found: list[Leaf], leaf: Leaf, rows: int) -> int:
    """Return where in a leaf's name the row's number is, as in [{"label": …}, …]; -1 where it isn't."""
    mine = leaf.name.split(".")
    for at in range(min(2, len(mine))):
        beside = [f.name.split(".") for f in found]
        numbers = {parts[at] for parts in beside if parts[:at] == mine[:at] and len(parts) > at}
        if numbers == {str(i) for i in range(rows)}:
            return at
    return -1


def tolerance(dtype: str) -> tuple[float, float]:
    """Return (relative, absolute) tolerance for a dtype; (0, 0) for what is compared exactly."""
    if dtype in TOLERANCE:
        return TOLERANCE[dtype]
    return TOLERANCE["float64"] if dtype.startswith("float") else (0.0, 0.0)


def _unlike(one: Leaf, other: Leaf, rtol: float | None, atol: float | None) -> str:
    if one.shape != other.shape:
        return "shapes {} and {}".format(list(one.shape), list(other.shape))
    relative, absolute = tolerance(one.dtype)
    relative = relative if rtol is None else rtol
    absolute = absolute if atol is None else atol
    for i, (x, y) in enumerate(zip(one.flat, other.flat)):
        if not _same(x, y, relative, absolute):
            at = " at element {} of {}".format(i, len(one.flat)) if len(one.flat) > 1 else ""
            return "{} and {}{}".format(_short(x), _short(y), at)
    return ""


def _same(x: Any, y: Any, relative: float, absolute: float) -> bool:
    if x is y or (isinstance(x, (str, bytes, bool, type(None))) and x == y):
        return True
    try:
        if x != x and y != y:  # NaN
            return True
        return bool(x == y or abs(x - y) <= absolute + relative * max(abs(x), abs(y)))
    except Exception:
        return bool(x == y)


def _short(value: Any) -> str:
    return "{:.6g}".format(value) if isinstance(value, float) else repr(value)[:60]


def _walk(value: Any, name: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a structure, at most MOST_LEAVES of each level."""
    parts = None if depth > 8 else _parts(value)
    if parts is None:
        yield name, value
        return
    for key, part in parts[:MOST_LEAVES]:
        for found in _walk(part, "{}.{}".format(name, key) if name else key, depth + 1):
            yield found


def _parts(value: Any) -> list[tuple[str, Any]] | None:
    """Return what a container holds by name; None for a leaf."""
    if isinstance(value, Array) or _is_array(value) or _is_table(value):
        return None
    if _is_mapping(value):
        return [(str(k), v) for k, v in value.items()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(str(k), v) for k, v in zip(value._fields, value)]
    if isinstance(value, (list, tuple)):
        return None if of_lists(value) else [(str(i), v) for i, v in enumerate(value)]
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        return [(k, getattr(value, k, None)) for k in fields if getattr(value, k, None) is not None]
    return None


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type)


def _is_table(value: Any) -> bool:
    return hasattr(value, "columns") and hasattr(value, "dtypes")


def _is_mapping(value: Any) -> bool:
    return hasattr(value, "items") and hasattr(value, "keys") and not isinstance(value, type)


def _dtype(value: Any) -> str:
    if isinstance(value, Array):
        return value.dtype
    if _is_table(value):
        return "table"
    if _is_array(value):
        kind = getattr(value.dtype, "name", None) or str(value.dtype)
        kind = str(kind).rsplit(".", 1)[-1]
        return "str" if kind.startswith("str") or kind.startswith("<U") else kind
    if isinstance(value, (list, tuple)):
        found = of_lists(value)
        return found.dtype if found else "list"
    for kind, word in ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (bytes, "bytes")):
        if isinstance(value, kind):
            return word
    return "none" if value is None else "{}.{}".format(type(value).__module__, type(value).__qualname__)


def _shape(value: Any) -> list[int]:
    if isinstance(value, Array):
        return list(value.shape)
    if _is_array(value) or _is_table(value):
        return [int(n) for n in value.shape]
    if isinstance(value, (list, tuple)):
        return list(_list_shape(value) or ())
    return []


def _flat(value: Any) -> list[Any]:
    """Return a leaf's elements, at most MOST_ELEMENTS."""
    if isinstance(value, Array):
        return value.flat[:MOST_ELEMENTS]
    if _is_table(value):
        return [x for column in value.columns for x in _flat(value[column])]
    if _is_array(value):
        return _elements(value)
    if isinstance(value, (list, tuple)):
        out: list[Any] = []
        _flatten(value, out)
        return out[:MOST_ELEMENTS]
    return [value] if isinstance(value, (bool, int, float, str, bytes)) or value is None else []


def _elements(value: Any) -> list[Any]:
    for way in (_of_torch, _of_sparse, _of_numpy):
        try:
            found = way(value)
        except Exception:
            continue
        if found is not None:
            return found if isinstance(found, list) else [found]
    return [repr(value)]


def _of_torch(value: Any) -> Any:
    if not type(value).__module__.startswith("torch") and not hasattr(value, "detach"):
        return None
    tensor = value.detach().cpu()
    if getattr(tensor, "is_sparse", False):
        tensor = tensor.to_dense()
    if getattr(tensor, "is_quantized", False):
        tensor = tensor.dequantize()
    return _bounded(tensor).flatten().tolist()


def _bounded(array: Any) -> Any:
    """Return an array of at most MOST_ELEMENTS: the beginning of each of its rows."""
    total = 1
    for size in array.shape:
        total *= int(size)
    if total <= MOST_ELEMENTS:
        return array
    rows = int(array.shape[0])
    return array.reshape((rows, -1))[:, : max(1, MOST_ELEMENTS // rows)]


def _of_sparse(value: Any) -> Any:
    return _bounded(value.toarray()).ravel().tolist() if hasattr(value, "toarray") else None


def _of_numpy(value: Any) -> Any:
    plain = value.numpy() if hasattr(value, "numpy") else value
    if hasattr(plain, "ravel"):
        return _bounded(plain).ravel().tolist()
    return plain.tolist() if hasattr(plain, "tolist") else list(plain)


def _list_shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of nested lists of plain values, None where they are ragged or hold something else."""
    if isinstance(value, (bool, int, float, str)):
        return ()
    if not isinstance(value, (list, tuple)) or hasattr(value, "_fields"):
        return None
    inner: tuple[int, ...] | None = None
    for item in value:
        shape = _list_shape(item)
        if shape is None or (inner is not None and shape != inner):
            return None
        inner = shape
    return (len(value),) + (inner or ())


def _flatten(value: Any, out: list[Any]) -> None:
    if isinstance(value, (list, tuple)):
        for item in value:
            _flatten(item, out)
    else:
        out.append(value)


def _plain_dtype(flat: list[Any]) -> str:
    kinds = {type(x) for x in flat}
    if kinds <= {bool} and kinds:
        return "bool"
    if kinds <= {int, bool} and kinds:
        return "int64"
    if kinds <= {int, float, bool}:
        return "float64"
    return "str" if kinds == {str} else "object"
