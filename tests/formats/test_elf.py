"""The reader of ELF files: what linkers write, what patchelf leaves, and damaged ones."""

from __future__ import annotations

import random
import struct
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from doctor.errors import Unreadable
from doctor.formats import elf
from doctor.formats.kinds.elf import Elf
from doctor.formats.stream import Stream, stream_of

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))
from containers import elf as made


def test_what_it_says():
    data = made(("libGL.so.1", "libc.so.6"), "libcv.so", "2.17", "aarch64")
    assert elf.read(stream_of(data)) == Elf("aarch64", "libcv.so", ("libGL.so.1", "libc.so.6"), "2.17")


def test_a_real_library():
    real = next((p for p in Path("/usr/lib").glob("*linux-gnu/libc.so.6")), None) or next(
        (p for p in Path("/lib64").glob("libc.so.6")), None
    )
    if real is None:
        pytest.skip("no GNU libc here")
    with real.open("rb") as file:
        said = elf.read(Stream(file.read, real.stat().st_size))
    assert said.name == "libc.so.6"
    assert said.glibc.startswith("2.")


def test_strings_behind_the_dynamic_section():
    data = bytearray(made(("libm.so.6",)))
    strings = b"\0libm.so.6\0"
    at = data.index(struct.pack("<QQ", 5, 64 + 112))
    data[at : at + 16] = struct.pack("<QQ", 5, len(data))
    data[64 + 32 : 64 + 40] = struct.pack("<Q", len(data) + len(strings))
    assert elf.read(stream_of(bytes(data) + strings)).needed == ("libm.so.6",)


def test_others_say_their_machine():
    small = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HH", 3, 3) + bytes(60)
    assert elf.read(stream_of(small)) == Elf("3")
    assert elf.read(stream_of(small[:20])) == Elf("3")


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"#!/bin/sh\n" * 10])
def test_what_is_none(data):
    with pytest.raises(Unreadable):
        elf.read(stream_of(data))


def test_damaged_files_raise_nothing_else():
    whole, chance = made(("libGL.so.1", "libc.so.6"), "libcv.so", "2.17"), random.Random(0)
    for _ in range(3000):
        data = bytearray(whole[: chance.randrange(len(whole) + 1)] if chance.random() < 0.3 else whole)
        for _ in range(chance.randrange(1, 6)):
            if data:
                data[chance.randrange(len(data))] = chance.choice((0, 1, 127, 128, 255))
        with suppress(Unreadable):
            elf.read(stream_of(bytes(data)))
