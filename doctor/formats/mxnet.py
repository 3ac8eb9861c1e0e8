"""Reads MXNet's parameters (``.params``): names, dtypes and shapes of its arrays, whose values are passed over."""

from __future__ import annotations

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ITEM_BYTES, ModelFile, Tensor
from doctor.formats.kinds.mxnet import MXNetParameters
from doctor.formats.stream import Stream

_MOST_ARRAYS = 200_000
_LONGEST_NAME = 4096
_MOST_DIMENSIONS = 32
_OLDER, _LEGACY, _NUMPY = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_DTYPES = {
    0: "float32", 1: "float64", 2: "float16", 3: "uint8", 4: "int32", 5: "int8", 6: "int64", 7: "bool",
    12: "bfloat16",
}  # fmt: skip


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return the arrays of a file that ``mx.nd.save`` wrote."""
    stream.read(16)
    count = _number(stream, 8)
    if count > _MOST_ARRAYS:
        raise Unreadable(f"claims {count} arrays")
    shapes = [_array(stream) for _ in range(count)]
    names = [_name(stream) for _ in range(_named(stream, count))]
    tensors = tuple(
        Tensor(name.partition(":")[2] or name, dtype, shape)
        for name, (dtype, shape) in zip(names or map(str, range(count)), shapes, strict=True)
    )
    facts = MXNetParameters(count, any(n.startswith(("arg:", "aux:")) for n in names))
    return ModelFile(path, "mxnet-params", size, {}, tensors=tensors, facts=facts)


def _array(stream: Stream) -> tuple[str, tuple[int, ...]]:
    magic = _number(stream, 4)
    if magic not in {_OLDER, _LEGACY, _NUMPY}:
        raise Unreadable(f"an array begins with {magic:#x} at byte {stream.offset}")
    if magic != _OLDER and _number(stream, 4) != 0:
        raise Unreadable("a sparse array, which is not read here")
    rank = _number(stream, 4)
    if rank == 0 or (magic == _NUMPY and rank == 0xFFFFFFFF):
        return "float32", ()
    if rank > _MOST_DIMENSIONS:
        raise Unreadable(f"an array of {rank} dimensions")
    shape = tuple(_number(stream, 8) for _ in range(rank))
    stream.read(8)  # where it was: the kind of device and its number
    dtype = _DTYPES.get(_number(stream, 4))
    if dtype is None:
        raise Unreadable("an array of an unknown type")
    items = 1
    for dimension in shape:
        items *= dimension
    stream.skip(int(items * ITEM_BYTES[dtype]))
    return dtype, shape


def _named(stream: Stream, count: int) -> int:
    names = _number(stream, 8)
    if names not in {0, count}:
        raise Unreadable(f"{names} names for {count} arrays")
    return names


def _name(stream: Stream) -> str:
    length = _number(stream, 8)
    if length > _LONGEST_NAME:
        raise Unreadable(f"a name of {length} bytes")
    return stream.read(length).decode("utf-8", "replace")


def _number(stream: Stream, width: int) -> int:
    return int.from_bytes(stream.read(width), "little")
