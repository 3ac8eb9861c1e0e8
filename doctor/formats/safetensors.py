"""
Reads a safetensors file by its header: 8 bytes of length, JSON, then the tensors, of which nothing is read.

The rules are those of the safetensors library. Where it refuses a file, the reason begins with its own words.
"""

from __future__ import annotations

import json
from typing import Any

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.kinds.base import ITEM_BYTES, ModelFile, Tensor
from doctor.formats.kinds.torch import Safetensors
from doctor.formats.stream import Stream

LARGEST_HEADER = 100_000_000  # the library's own limit
LARGEST_READ = 32 << 20  # headers of published models stay below 1 MiB

DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16", "I32": "int32", "U32": "uint32",
    "I64": "int64", "U64": "uint64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64",
    "C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz", "F4": "float4_e2m1fn",
}  # fmt: skip


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return the tensors and metadata of a safetensors file.

    Raises:
        Unreadable: the library refuses it, or its header is larger than is read here.
    """
    if size < 8:
        raise Unreadable(f"header too small: {size} bytes, the header's length alone takes 8")
    length = int.from_bytes(stream.read(8), "little")
    if length > LARGEST_HEADER:
        raise Unreadable(f"header too large: {length} bytes")
    if 8 + length > size:
        raise EndsEarly(f"invalid header length: a header of {length} bytes in a file of {size}")
    if length > LARGEST_READ:
        raise Unreadable(f"a header of {length} bytes, more than is read")
    header = _parsed(stream.read(length))
    metadata = header.pop("__metadata__", None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise Unreadable("invalid JSON in header: __metadata__ is no table of texts")
    tensors = tuple(_tensors(header, size - 8 - length))
    return ModelFile(path, "safetensors", size, {}, tensors=tensors, facts=Safetensors(metadata, 8 + length))


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise Unreadable(f"invalid UTF-8 in header: byte {error.start}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"invalid JSON in header: {error}") from None
    if not isinstance(header, dict):
        raise Unreadable(f"invalid JSON in header: a {type(header).__name__} where a table is due")
    return header


def _tensors(header: dict[str, Any], data: int) -> list[Tensor]:
    """Return the tensors in the order of the file; they must follow one another without a gap and fill the data."""
    placed = [_tensor(name, entry) for name, entry in header.items()]
    placed.sort(key=lambda p: (p[0], p[1]))
    at = 0
    for begin, end, tensor in placed:
        if begin != at or end < begin:
            raise Unreadable(
                f"invalid offset for tensor `{tensor.name}`: bytes {begin} to {end} of the data, where byte {at} is due"
            )
        at = end
    if at > data:
        raise EndsEarly(
            f"incomplete metadata, file not fully covered: the header places {at} bytes of tensors, {data} are there"
        )
    if at < data:
        raise Unreadable(
            f"incomplete metadata, file not fully covered: the header places {at} bytes of tensors, {data} follow it"
        )
    return [tensor for _, _, tensor in placed]


def _tensor(name: str, entry: Any) -> tuple[int, int, Tensor]:
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (TypeError, KeyError, ValueError, IndexError):
        raise Unreadable(f"invalid JSON in header: {name[:80]!r} lacks dtype, shape or data_offsets") from None
    numbers = (*shape, begin, end) if isinstance(shape, list) else (None,)
    if not isinstance(dtype, str) or not all(type(n) is int and 0 <= n < 1 << 63 for n in numbers):
        raise Unreadable(f"invalid JSON in header: {name[:80]!r} has a dtype, shape or offset that is none")
    tensor = Tensor(name, DTYPES.get(dtype, dtype.lower()), tuple(shape))
    _sized(tensor, end - begin)
    return begin, end, tensor


def _sized(tensor: Tensor, given: int) -> None:
    count = 1
    for dimension in tensor.shape:
        count = min(count * dimension, 1 << 64)
    width = ITEM_BYTES.get(tensor.dtype)
    if width is not None and given != count * width:
        raise Unreadable(
            f"invalid shape, data type, or offset for tensor: `{tensor.name}` of {tensor.dtype} {list(tensor.shape)} "
            f"takes {int(count * width)} bytes, its place has {given}"
        )
