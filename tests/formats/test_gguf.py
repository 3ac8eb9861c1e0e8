from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.recognise import reader, recognise
from doctor.formats.stream import stream_of

# Written by gguf's GGUFWriter: two keys of a tokenizer, one tensor quantized to Q8_0.
WHOLE = (Path(__file__).parent / "data/tiny.gguf").read_bytes()


def read(data):
    return reader("gguf")(stream_of(data), "model.gguf", len(data))


def header(keys=b"", *, count=0, tensors=0, version=3):
    numbers = version.to_bytes(4, "little") + tensors.to_bytes(8, "little") + count.to_bytes(8, "little")
    return b"GGUF" + numbers + keys


def key(name, kind, value):
    return len(name).to_bytes(8, "little") + name + kind.to_bytes(4, "little") + value


def test_a_file_of_the_library():
    assert recognise(WHOLE, "model.bin") == "gguf"
    found = read(WHOLE)
    assert (found.facts.version, found.facts.architecture, found.facts.quantization) == (3, "llama", "Q8_0")
    assert found.facts.metadata["llama.context_length"] == 64
    assert found.facts.metadata["tokenizer.ggml.tokens"] == "5 elements"
    shapes = {t.name: (t.dtype, t.shape, t.quantized) for t in found.tensors}
    assert shapes["token_embd.weight"] == ("float32", (5, 32), False)
    assert shapes["blk.0.attn_q.weight"] == ("Q8_0", (32, 32), True)


def test_cut_short():
    for length in range(4, len(WHOLE), 97):
        with pytest.raises(EndsEarly):
            read(WHOLE[:length])


def test_claims_that_are_refused():
    for data, reason in (
        (b"GGUF\x09\x00\x00\x00", "version 9"),
        (header(tensors=1 << 40), "claims 1099511627776 tensors"),
        (header(key(b"a", 77, b""), count=1), "unknown type 77"),
        (header(key(b"a", 8, (1 << 50).to_bytes(8, "little")), count=1), "claims a text"),
        (header(key(b"a", 9, b"\x00\x00\x00\x00" + (1 << 60).to_bytes(8, "little")), count=1), "claims arrays"),
        (header(key(b"general.alignment", 4, bytes(4)), count=1), "alignment of 0"),
    ):
        with pytest.raises(Unreadable, match=reason):
            read(data)


def test_arrays_inside_arrays_end():
    inner = b"\x09\x00\x00\x00" + (1).to_bytes(8, "little")
    with pytest.raises(Unreadable):
        read(header(key(b"a", 9, inner * 50), count=1))


def test_mutated_bytes_are_unreadable_at_worst():
    chance = random.Random(0)
    for _ in range(4000):
        data = bytearray(WHOLE)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(1100)] = chance.randrange(256)
        cut = bytes(data[: chance.choice([len(data), chance.randint(1, len(data))])])
        with contextlib.suppress(Unreadable):
            read(cut)
