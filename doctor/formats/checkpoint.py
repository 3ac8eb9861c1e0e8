"""
Reads the index of a TensorFlow checkpoint (``model.ckpt.index``): the names, shapes and dtypes of its variables.

It is a table of LevelDB's format (https://github.com/google/leveldb/blob/main/doc/table_format.md) without compression;
its values are the messages of
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile, Tensor
from doctor.formats.kinds.tensorflow import Checkpoint
from doctor.formats.protobuf import Value, fields, message, number
from doctor.formats.savedmodel import DTYPES
from doctor.formats.stream import Stream

LARGEST = 64 << 20  # an index has about 50 bytes for each variable
MOST = 500_000
MOST_SPELLED = 256 << 20  # bytes of all names together: each is said by the one before, and may grow with each
_MAGIC = bytes.fromhex("57fb808b247547db")
_OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what a checkpoint's index says of its variables; Unreadable where the bytes are none."""
    if size > LARGEST:
        raise Unreadable(f"an index of {size} bytes")
    data = stream.read(size)
    if data[-8:] != _MAGIC or size < 48:
        raise Unreadable("it doesn't end as the index of a checkpoint does: it is none, or is cut short")
    tensors: list[Tensor] = []
    shards, objects = 1, False
    for key, value in _entries(data):
        name = key.decode("utf-8", "replace")
        if not name:
            shards = next((number(part) for field, part in fields(value) if field == 1), 1)
        elif name == _OBJECTS:
            objects = True
        elif len(tensors) < MOST:
            tensors.append(_tensor(name, value))
    facts = Checkpoint(path.removesuffix(".index"), shards, objects)
    return ModelFile(path, "tensorflow-checkpoint", size, {}, tensors=tuple(tensors), facts=facts)


def _entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of all blocks that the index block names, in order."""
    footer = len(data) - 48
    _, at = _number(data, footer)
    _, at = _number(data, at)
    seen = spelled = 0
    for _, handle in _block(data, *_handle(data, at)):
        start, length = _handle(handle, 0)
        seen += length
        if seen > len(data):
            raise Unreadable("its blocks are larger than itself")
        for key, value in _block(data, start, length):
            spelled += len(key)
            if spelled > MOST_SPELLED:
                raise Unreadable("its names are longer than any checkpoint's")
            yield key, value


def _handle(data: bytes, at: int) -> tuple[int, int]:
    start, at = _number(data, at)
    length, _ = _number(data, at)
    return start, length


def _block(data: bytes, start: int, length: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of a block: each key is said by how much of the one before it begins with."""
    if start + length + 5 > len(data) or length < 4:
        raise Unreadable("a block lies past its end")
    if data[start + length]:
        raise Unreadable("a compressed block, which TensorFlow doesn't write")
    restarts = int.from_bytes(data[start + length - 4 : start + length], "little")
    at, end, key = start, start + length - 4 - 4 * restarts, b""
    while at < end:
        shared, at = _number(data, at)
        fresh, at = _number(data, at)
        size, at = _number(data, at)
        if at + fresh + size > end or shared > len(key) or shared + fresh > 1 << 14:
            raise Unreadable("an entry runs over its block")
        key = key[:shared] + data[at : at + fresh]
        yield key, data[at + fresh : at + fresh + size]
        at += fresh + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    result = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            raise Unreadable("ends within a number")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
    raise Unreadable("a number longer than 10 bytes")


def _tensor(name: str, entry: bytes) -> Tensor:
    dtype = ""
    shape: tuple[int, ...] = ()
    for field, part in fields(entry):
        if field == 1:
            code = number(part)
            dtype = DTYPES[code] if 0 <= code < len(DTYPES) else f"type {code}"
        elif field == 2:
            shape = _shape(part)
    return Tensor(name.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE"), dtype, shape)


def _shape(value: Value) -> tuple[int, ...]:
    sizes: list[int] = []
    for field, part in fields(message(value)):
        if field == 2 and len(sizes) < 64:
            sizes.append(next((max(number(p), 0) for f, p in fields(message(part)) if f == 1), 0))
    return tuple(sizes)
