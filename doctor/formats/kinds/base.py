"""What every model file yields, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# Bytes of one element. Sub-byte dtypes are fractions.
ITEM_BYTES: Mapping[str, float] = {
    "bool": 1, "int8": 1, "uint8": 1, "qint8": 1, "quint8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
    "int16": 2, "uint16": 2, "float16": 2, "bfloat16": 2,
    "int32": 4, "uint32": 4, "float32": 4, "qint32": 4,
    "int64": 8, "uint64": 8, "float64": 8, "complex64": 8, "complex128": 16,
    "int4": 0.5, "uint4": 0.5, "float4_e2m1fn": 0.5, "quint4x2": 0.5, "quint2x4": 0.25,
}  # fmt: skip


class Symbol(NamedTuple):
    """A Python object that a file names: ``sklearn.linear_model._logistic`` ``LogisticRegression``."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Port(NamedTuple):
    """
    An input or output of a model.

    ``shape`` is None where the rank is unknown; a dimension is a number, None (free) or a name (free, named).
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None


class Tensor(NamedTuple):
    """A stored array. ``device`` as the file says ("cpu", "cuda:0"), "" where it doesn't."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    device: str = ""
    storage: str = ""  # key of the storage, shared by tied tensors
    quantized: bool = False


class ModelFile(NamedTuple):
    """
    One file (or folder) that holds a model or a part of one.

    Args:
        path: where it is in the artifact, "/" between parts.
        format: one word of the vocabulary in ``doctor/formats/recognise.py``.
        size: bytes.
        writer: distribution name to the version that wrote it, where the file says so; "python" is one of the names.
        symbols: Python objects that loading it looks up.
        inputs: of the model's forward or serving call.
        outputs: likewise.
        tensors: stored arrays.
        facts: what only this format has: a value of a class in ``doctor/formats/kinds``.
    """

    path: str
    format: str
    size: int
    writer: Mapping[str, str]
    symbols: tuple[Symbol, ...] = ()
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    facts: Any = None


def tensor_bytes(tensor: Tensor) -> int:
    """Return the bytes of one tensor; 0 for a dtype without a fixed size (strings, objects)."""
    count = 1
    for dimension in tensor.shape:
        count *= dimension
    return int(count * ITEM_BYTES.get(tensor.dtype, 0))


def bytes_by_dtype(tensors: tuple[Tensor, ...]) -> dict[str, int]:
    """Return the bytes of weights by dtype; a storage that several tensors share counts once, at its largest view."""
    shared: dict[str, tuple[str, int]] = {}
    totals: dict[str, int] = {}
    for tensor in tensors:
        size = tensor_bytes(tensor)
        if not tensor.storage:
            totals[tensor.dtype] = totals.get(tensor.dtype, 0) + size
        elif size > shared.get(tensor.storage, ("", -1))[1]:
            shared[tensor.storage] = (tensor.dtype, size)
    for dtype, size in shared.values():
        totals[dtype] = totals.get(dtype, 0) + size
    return totals
