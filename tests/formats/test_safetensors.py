from __future__ import annotations

import contextlib
import json
import random

import pytest

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.recognise import reader
from doctor.formats.stream import stream_of
from tests.torchfiles import file_of

DATA = bytes(64)
WHOLE = {"a": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}}


def file(header, data=DATA, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def read(data):
    return reader("safetensors")(stream_of(data), "model.safetensors", len(data))


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_a_file_of_the_library():
    found = read(file_of("healthy/torch-safetensors", "model.safetensors"))
    assert {t.name: (t.dtype, t.shape) for t in found.tensors} == {
        "hidden.bias": ("float32", (8,)),
        "hidden.weight": ("float32", (8, 4)),
        "out.bias": ("float32", (2,)),
        "out.weight": ("float32", (2, 8)),
    }


def test_metadata():
    found = read(file({"__metadata__": {"format": "pt"}, **WHOLE}))
    assert found.facts.metadata == {"format": "pt"}
    assert read(file({}, b"")).tensors == ()


# What safetensors 0.8.0 says of the same bytes, up to its own colon.
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (file(WHOLE, bytes(32)), "incomplete metadata, file not fully covered"),
        (file(WHOLE, bytes(70)), "incomplete metadata, file not fully covered"),
        (file({"a": entry("F32", [4, 2], 32, 64)}), "invalid offset for tensor `a`"),
        (file({**WHOLE, "b": entry("F32", [4, 2], 32, 64)}), "invalid offset for tensor `b`"),
        (file({"a": entry("F32", [4, 5], 0, 64)}), "invalid shape, data type, or offset for tensor"),
        (file(WHOLE, b"", 5000), "invalid header length"),
        (file(WHOLE, length=1 << 40), "header too large"),
        (b"abc", "header too small"),
        (b"", "header too small"),
        (file(b'{"a": tru'), "invalid JSON in header"),
        (file(b"[]"), "invalid JSON in header"),
        (file({"a": entry("F32", [4, 4], -1, 64)}), "invalid JSON in header"),
        (file({"__metadata__": {"a": 1}, **WHOLE}), "invalid JSON in header"),
        (file(b'{"\xff":1}'), "invalid UTF-8 in header"),
        (file(b"[" * 100_000), "invalid JSON in header"),
    ],
)
def test_what_the_library_refuses(data, said):
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert str(refused.value).startswith(said)


def test_a_dtype_not_known_here_is_read():
    assert read(file({"a": entry("F2_NEW", [4, 4], 0, 64)})).tensors[0].dtype == "f2_new"


def test_a_truncation_is_told_from_other_faults():
    data = file_of("healthy/torch-safetensors", "model.safetensors")
    for end in range(8, len(data), 5):
        with pytest.raises(EndsEarly):
            read(data[:end])


def test_whatever_the_bytes():
    chance = random.Random(2)
    whole = file({**WHOLE, "b": entry("BF16", [0, 3], 64, 64)})
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(Unreadable):
            read(bytes(data))
