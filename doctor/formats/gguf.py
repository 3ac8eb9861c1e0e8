"""
Reads a GGUF file by its header: keys and values, then the places of the tensors, of which nothing is read.

The layout is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, NamedTuple

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.kinds.base import ModelFile, Tensor
from doctor.formats.kinds.gguf import Gguf
from doctor.formats.stream import Stream

MAGIC = b"GGUF"
MOST_KEYS = 65_536
MOST_TENSORS = 1 << 20
MOST_ELEMENTS = 1 << 22  # of an array: vocabularies have 10^5 or 10^6
LONGEST_KEY = 65_535
LONGEST_TEXT = 16 << 20
LONGEST_KEPT = 4096
DEEPEST_ARRAY = 4

_NUMBERS = {
    0: Struct("B"), 1: Struct("b"), 2: Struct("H"), 3: Struct("h"), 4: Struct("I"), 5: Struct("i"), 6: Struct("f"),
    7: Struct("?"), 10: Struct("Q"), 11: Struct("q"), 12: Struct("d"),
}  # fmt: skip
_TEXT, _ARRAY = 8, 9


class Block(NamedTuple):
    """How a type of tensor is stored: `size` bytes for every `elements`."""

    name: str
    elements: int
    size: int


# ggml's types: gguf-py/gguf/constants.py, GGML_QUANT_SIZES.
TYPES = {
    0: Block("F32", 1, 4), 1: Block("F16", 1, 2), 2: Block("Q4_0", 32, 18), 3: Block("Q4_1", 32, 20),
    6: Block("Q5_0", 32, 22), 7: Block("Q5_1", 32, 24), 8: Block("Q8_0", 32, 34), 9: Block("Q8_1", 32, 40),
    10: Block("Q2_K", 256, 84), 11: Block("Q3_K", 256, 110), 12: Block("Q4_K", 256, 144), 13: Block("Q5_K", 256, 176),
    14: Block("Q6_K", 256, 210), 15: Block("Q8_K", 256, 292), 16: Block("IQ2_XXS", 256, 66),
    17: Block("IQ2_XS", 256, 74), 18: Block("IQ3_XXS", 256, 98), 19: Block("IQ1_S", 256, 50),
    20: Block("IQ4_NL", 32, 18), 21: Block("IQ3_S", 256, 110), 22: Block("IQ2_S", 256, 82),
    23: Block("IQ4_XS", 256, 136), 24: Block("I8", 1, 1), 25: Block("I16", 1, 2), 26: Block("I32", 1, 4),
    27: Block("I64", 1, 8), 28: Block("F64", 1, 8), 29: Block("IQ1_M", 256, 56), 30: Block("BF16", 1, 2),
    34: Block("TQ1_0", 256, 54), 35: Block("TQ2_0", 256, 66), 39: Block("MXFP4", 32, 17),
}  # fmt: skip
_PLAIN = {
    "F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64", "I8": "int8", "I16": "int16",
    "I32": "int32", "I64": "int64",
}  # fmt: skip


class _Place(NamedTuple):
    tensor: Tensor
    block: Block | None
    offset: int
    size: int


class _Reader:
    """The stream with the byte order of the file."""

    def __init__(self, stream: Stream, order: str) -> None:
        self.stream = stream
        self.order = order
        self.elements = 0
        self._numbers = {kind: Struct(order + number.format) for kind, number in _NUMBERS.items()}

    def number(self, kind: int) -> Any:
        number = self._numbers[kind]
        return number.unpack(self.stream.read(number.size))[0]

    def text(self, longest: int) -> str:
        length = self.number(10)
        if length > longest:
            raise Unreadable(f"claims a text of {length} bytes at byte {self.stream.offset}")
        kept = self.stream.read(min(length, LONGEST_KEPT))
        self.stream.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        """Return a number or a text; of an array its length, after passing it."""
        if kind in self._numbers:
            return self.number(kind)
        if kind == _TEXT:
            return self.text(LONGEST_TEXT)
        if kind != _ARRAY or depth > DEEPEST_ARRAY:
            raise Unreadable(f"a value of the unknown type {kind} at byte {self.stream.offset}")
        inner, count = self.number(4), self.number(10)
        self.elements += count
        if self.elements > MOST_ELEMENTS:
            raise Unreadable(f"claims arrays of {self.elements} elements")
        if inner in self._numbers:
            self.stream.skip(count * self._numbers[inner].size)
        else:
            for _ in range(count):
                self.value(inner, depth + 1)
        return f"{count} elements"


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return the keys, values and tensors of a GGUF file.

    Raises:
        Unreadable: it isn't one.
        EndsEarly: its tensors end after the file does.
    """
    if stream.read(4) != MAGIC:
        raise Unreadable("doesn't begin with GGUF")
    head = stream.read(4)
    order = "<" if head[0] or not head[3] else ">"
    version = int.from_bytes(head, "little" if order == "<" else "big")
    if version not in {2, 3}:
        raise Unreadable(f"GGUF version {version}, where 2 and 3 are known")
    reader = _Reader(stream, order)
    tensors, keys = reader.number(10), reader.number(10)
    if tensors > MOST_TENSORS or keys > MOST_KEYS:
        raise Unreadable(f"claims {tensors} tensors and {keys} keys")
    metadata = {reader.text(LONGEST_KEY): reader.value(reader.number(4)) for _ in range(keys)}
    places = [_place(reader) for _ in range(tensors)]
    _whole(places, stream.offset, metadata, size)
    name = metadata.get("general.architecture")
    facts = Gguf(version, name if isinstance(name, str) else "", metadata, _quantization(places))
    return ModelFile(path, "gguf", size, {}, tensors=tuple(p.tensor for p in places), facts=facts)


def _place(reader: _Reader) -> _Place:
    name = reader.text(LONGEST_KEY)
    rank = reader.number(4)
    if rank > 8:
        raise Unreadable(f"{name[:80]!r} claims {rank} dimensions")
    shape = tuple(reader.number(10) for _ in range(rank))
    block, offset = TYPES.get(reader.number(4)), reader.number(10)
    count = 1
    for dimension in shape:
        count = min(count * dimension, 1 << 64)
    size = -(-count // block.elements) * block.size if block else 0
    dtype = "" if block is None else _PLAIN.get(block.name, block.name)
    return _Place(Tensor(name, dtype, shape[::-1], quantized=dtype == "" or dtype.isupper()), block, offset, size)


def _whole(places: list[_Place], header: int, metadata: dict[str, Any], size: int) -> None:
    """Raise EndsEarly where the last tensor ends after the file."""
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
        raise Unreadable(f"an alignment of {alignment!r}")
    start = -(-header // alignment) * alignment
    last = max(places, key=lambda p: p.offset + p.size, default=None)
    if last is not None and start + last.offset + last.size > size:
        due = start + last.offset + last.size
        raise EndsEarly(f"its tensor {last.tensor.name[:80]!r} ends at byte {due}, and there are {size}")


def _quantization(places: list[_Place]) -> str:
    held: dict[str, int] = {}
    for place in places:
        if place.block is not None:
            held[place.block.name] = held.get(place.block.name, 0) + place.size
    return max(held, key=lambda name: held[name], default="")
