"""
Tells TensorFlow Lite models apart: the version and the description at their root, nothing of the graph.

The format is a FlatBuffer by the schema
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

import struct

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile
from doctor.formats.kinds.tensorflow import TFLite
from doctor.formats.stream import Stream

MAGIC = b"TFL3"  # at byte 4
_LOOKED_AT = 1 << 16  # the root table is near the beginning; what lies further is not looked for


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what a TensorFlow Lite file says of itself; Unreadable where the bytes are none."""
    head = stream.peek(_LOOKED_AT)
    if head[4:8] != MAGIC:
        raise Unreadable("no TensorFlow Lite model: TFL3 is not at byte 4")
    try:
        root = struct.unpack_from("<I", head)[0]
        version = _field(head, root, 0)
        described = _field(head, root, 3)
        number = struct.unpack_from("<I", head, version)[0] if version else 0
        facts = TFLite(number, _string(head, described) if described else "")
    except struct.error:
        raise Unreadable("its root table is not where it says") from None
    return ModelFile(path, "tflite", size, {}, facts=facts)


def _field(head: bytes, table: int, index: int) -> int:
    """Return where a table's field is, 0 where the table hasn't it."""
    vtable = table - struct.unpack_from("<i", head, table)[0]
    if vtable < 0:
        raise struct.error
    if struct.unpack_from("<H", head, vtable)[0] < 6 + 2 * index:
        return 0
    offset = struct.unpack_from("<H", head, vtable + 4 + 2 * index)[0]
    return table + offset if offset else 0


def _string(head: bytes, at: int) -> str:
    start = at + struct.unpack_from("<I", head, at)[0]
    length = struct.unpack_from("<I", head, start)[0]
    return head[start + 4 : start + 4 + min(length, 200)].decode("utf-8", "replace")
