"""
NumPy's own files: .npy, and .npz, which is a zip of them. Headers are read; arrays are passed over.

The format is NumPy's NEP 1 (numpy.org/neps/nep-0001-npy-format.html).
"""

from __future__ import annotations

import ast
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.kinds.arrays import ArrayFacts
from doctor.formats.kinds.base import ModelFile, Symbol, Tensor
from doctor.formats.opcodes import scan
from doctor.formats.stream import Stream
from doctor.formats.zipstream import entries

MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 1 << 16
_WORDS = {"f": "float", "i": "int", "u": "uint", "c": "complex"}
_OTHERS = {"b": ("bool", 1), "S": ("bytes", 1), "U": ("string", 4), "V": ("record", 1), "M": ("datetime64", 1)}


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return names, dtypes and shapes of the arrays, and the Python objects that object arrays name.

    Raises Unreadable where a header is damaged, or an array is shorter than it says.
    """
    if stream.peek(6) == MAGIC:
        tensor, symbols = _array(stream, path.rsplit("/", 1)[-1].removesuffix(".npy"))
        return _file(path, "npy", size, [tensor], symbols)
    tensors, symbols = list[Tensor](), list[Symbol]()
    for entry in entries(stream):
        if not entry.name.endswith(".npy"):
            raise Unreadable(f"holds {entry.name!r}, which is no array")
        tensor, named = _array(entry.body, entry.name.removesuffix(".npy"))
        tensors.append(tensor)
        symbols += named
    return _file(path, "npz", size, tensors, symbols)


def _file(path: str, word: str, size: int, tensors: list[Tensor], symbols: list[Symbol]) -> ModelFile:
    facts = ArrayFacts(tuple(t.name for t in tensors if t.dtype == "object"))
    return ModelFile(path, word, size, {}, tuple(dict.fromkeys(symbols)), tensors=tuple(tensors), facts=facts)


def _array(stream: Stream, name: str) -> tuple[Tensor, list[Symbol]]:
    header = _header(stream)
    dtype, shape = header.get("descr"), header.get("shape")
    if not (isinstance(shape, tuple) and len(shape) <= 64 and all(type(d) is int and 0 <= d < 1 << 48 for d in shape)):
        raise Unreadable(f"array {name!r} has no shape")
    word, width = _dtype(dtype)
    if word == "object":
        return Tensor(name, word, shape), list(scan(stream).symbols)
    count = width
    for dimension in shape:
        count *= dimension
    stream.skip(count)
    return Tensor(name, word, shape), []


def _header(stream: Stream) -> dict[str, Any]:
    if stream.read(6) != MAGIC:
        raise Unreadable("an array that doesn't begin as one")
    version = stream.read(2)[0]
    if version not in {1, 2, 3}:
        raise Unreadable(f"NumPy's format {version} is not known")
    length = int.from_bytes(stream.read(2 if version == 1 else 4), "little")
    if length > _LONGEST_HEADER:
        raise Unreadable(f"claims a header of {length} bytes")
    try:
        header = ast.literal_eval(stream.read(length).decode("utf-8" if version == 3 else "latin-1").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise Unreadable("an array whose header is no dictionary") from None
    if not isinstance(header, dict):
        raise Unreadable("an array whose header is no dictionary")
    return header


def _dtype(value: Any) -> tuple[str, int]:
    """Word and bytes of an element of a dtype as headers spell it; a list is a record's fields."""
    if isinstance(value, list) and len(value) < 10_000:
        parts = [_field(f) for f in value]
        return ("object", 0) if any(w == "object" for w, _ in parts) else ("record", sum(n for _, n in parts))
    if not isinstance(value, str) or not value.lstrip("<>|="):
        raise Unreadable(f"a dtype that is not known: {str(value)[:40]}")
    code = value.lstrip("<>|=")
    digits = code[1:].split("[")[0]
    width = int(digits) if digits.isdigit() and len(digits) < 10 else 8
    if code[0] == "O":
        return "object", 0
    if code[0] in _WORDS:
        return f"{_WORDS[code[0]]}{width * 8}", width
    word, unit = _OTHERS.get(code[0], (code, 1))
    return word, width * unit


def _field(field: Any) -> tuple[str, int]:
    if not isinstance(field, tuple) or len(field) not in {2, 3}:
        raise Unreadable("a record whose fields are not described")
    word, width = _dtype(field[1]) if not isinstance(field[1], list) else ("record", 0)
    for dimension in field[2] if len(field) == 3 and isinstance(field[2], tuple) else ():
        width *= dimension if type(dimension) is int and 0 <= dimension < 1 << 48 else 1
    return word, width
