"""
Joblib's arrays: their raw bytes stand between the pickle's opcodes, right behind the wrapper that describes them.

The layout is that of joblib's ``numpy_pickle.NumpyArrayWrapper`` (since joblib 0.10).
"""

from __future__ import annotations

from typing import Any

from doctor.errors import Unreadable
from doctor.formats.inert import LOST, Call
from doctor.formats.kinds.base import Tensor
from doctor.formats.opcodes import scan
from doctor.formats.stream import Stream

WRAPPER = "NumpyArrayWrapper"
_MOST_ARRAYS = 1_000_000
_KINDS = {"f": "float", "i": "int", "u": "uint", "c": "complex"}
_HAS_OBJECTS = 0x01  # numpy's NPY_ITEM_REFCOUNT among the flags of a dtype


class Arrays:
    """
    Passes over the arrays of one file and remembers what they were; `nested` gets each pickle of an object array.

    ``padding`` is how many bytes joblib 1.2 or newer put before the first array so that it is aligned, -1 for none.
    """

    def __init__(self, nested: Any) -> None:
        self.tensors: list[Tensor] = []
        self.count = 0
        self.padding = -1
        self._nested = nested

    def take(self, wrapper: Call, stream: Stream) -> Any:
        """Consume the bytes of the array that a wrapper describes."""
        state = wrapper.state
        if not isinstance(state, dict):
            raise Unreadable(f"an array without a description at byte {stream.offset}")
        self.count += 1
        if self.count > _MOST_ARRAYS:
            raise Unreadable(f"more than {_MOST_ARRAYS} arrays")
        word, size, objects = _dtype(state.get("dtype"))
        shape = _shape(state.get("shape"))
        if objects:
            self._nested(scan(stream))
        else:
            if state.get("numpy_array_alignment_bytes") is not None:
                padding = stream.read(1)[0]
                self.padding = padding if self.padding < 0 else self.padding
                stream.skip(padding)
            elements = 1
            for dimension in shape:
                elements *= dimension
            stream.skip(elements * size)
        self.tensors.append(Tensor(f"array {self.count}", word, shape))
        return LOST


def _shape(value: Any) -> tuple[int, ...]:
    if (
        not isinstance(value, tuple)
        or not all(isinstance(d, int) and 0 <= d < 1 << 48 for d in value)
        or len(value) > 64
    ):
        raise Unreadable("an array whose shape is no tuple of sizes")
    return tuple(value)


def _dtype(value: Any) -> tuple[str, int, bool]:
    """Word, bytes of an element, and whether it holds Python objects."""
    if not (
        isinstance(value, Call) and isinstance(value.args, tuple) and value.args and isinstance(value.args[0], str)
    ):
        raise Unreadable("an array whose dtype is not described")
    code = value.args[0].lstrip("<>|=")
    state = value.state if isinstance(value.state, tuple) else ()
    flags = state[7] if len(state) > 7 and isinstance(state[7], int) else 0
    digits = code[1:].split("[")[0]
    size = int(digits) if digits.isdigit() and len(digits) < 10 else 8
    if code[:1] == "O" or flags & _HAS_OBJECTS:
        return "object", size, True
    if code[:1] == "V" and len(state) > 5 and isinstance(state[5], int) and state[5] > 0:
        size = state[5]
    if code[:1] == "U":
        return "string", size * 4, False
    if code[:1] in _KINDS:
        return f"{_KINDS[code[0]]}{size * 8}", size, False
    return (
        {"b": "bool", "S": "bytes", "V": "record", "M": "datetime64", "m": "timedelta64"}.get(code[:1], code),
        size,
        False,
    )
