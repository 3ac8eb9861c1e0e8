"""The program that runs in a container: what it says of libraries is what the reader says, and it is not believed."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path

import pytest

from doctor.errors import Unreadable
from doctor.formats import elf
from doctor.formats.stream import stream_of
from doctor.image import probe, probed
from doctor.image.probed import listing
from doctor.image.refusing import Refused
from fixtures.containers import elf as made

LIBRARIES = [
    *sorted(Path(sysconfig.get_config_var("DESTSHARED")).glob("*.so"))[:30],
    *sorted(Path("/usr/lib").glob("*-linux-gnu/*.so.*"))[:60],
    *(p for p in sorted(Path("/usr/bin").glob("[a-e]*"))[:60] if p.is_file()),
]


def by_reader(data: bytes):
    try:
        return elf.read(stream_of(data))
    except Unreadable:
        return None


def by_probe(data: bytes, folder: Path):
    place = folder / "library.so"
    place.write_bytes(data)
    with place.open("rb") as file:
        said = probe.elf(file)
    return probed._elf(said)


@pytest.mark.skipif(not LIBRARIES, reason="no ELF libraries here")
def test_libraries_here(tmp_path):
    for path in LIBRARIES:
        data = path.read_bytes()
        assert by_probe(data, tmp_path) == by_reader(data), path


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF\1\1\1" + bytes(20), b"#!/bin/sh\n", bytes(100)])
def test_what_is_no_library(tmp_path, data):
    assert by_probe(data, tmp_path) == by_reader(data)


def test_damaged_libraries(tmp_path):
    chosen = random.Random(8)
    whole = made(["libc.so.6", "libm.so.6"], "libx.so.1", "2.34")
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(chosen.randint(1, 4)):
            data[chosen.randrange(len(data))] = chosen.choice((0, 1, 2, 5, 127, 255, chosen.randrange(256)))
        cut = bytes(data[: chosen.choice((len(data), len(data), chosen.randrange(len(data))))])
        assert by_probe(cut, tmp_path) == by_reader(cut), cut


def test_strings_that_lie_far_from_the_dynamic_section(tmp_path, monkeypatch):
    whole = made(["libc.so.6"], "libx.so.1", "2.34")
    for window in range(0, len(whole) + 20, 7):
        monkeypatch.setattr(probe, "WINDOW", window)
        monkeypatch.setattr(elf, "_WINDOW", window)
        assert by_probe(whole, tmp_path) == by_reader(whole), window


def test_its_syntax_is_that_of_python_3_6():
    ast.parse(Path(probe.__file__).read_text(), feature_version=(3, 6))


def test_messages(tmp_path):
    place = tmp_path / "message"
    with place.open("wb") as file:
        message = probe.Message(file.fileno())
        message.add(b"a" * 300_000)
        message.add(random.Random(1).randbytes(300_000))
        message.end()
    with place.open("rb") as file:
        assert len(probe.received(file.fileno())) == 600_000
        assert probe.received(file.fileno()) == b""


GOOD = b"srv/a\0f 3 420 7\0\0srv\0d 0 493 0\0\0l\0l 0 511 0\0srv/a\0root\0r 0 0 0\0\0proc\0m 0 0 0\0\0"


def test_a_listing():
    said = listing(GOOD)
    assert [h.name for h in said.headers] == ["srv/a", "srv", "l"]
    assert (said.headers[0].size, said.headers[0].mode, said.headers[0].owner) == (3, 0o644, 7)
    assert (said.headers[2].kind, said.headers[2].target) == ("symlink", "srv/a")
    assert (said.refused, said.mounts) == (["root"], ["proc"])


@pytest.mark.parametrize(
    "bad",
    [
        b"a",
        b"a\0f 1 2 3\0",
        b"/a\0f 1 2 3\0\0",
        b"a/../b\0f 1 2 3\0\0",
        b"a//b\0f 1 2 3\0\0",
        b"\0f 1 2 3\0\0",
        b"a\0f 1 2\0\0",
        b"a\0f 1 2 3 4\0\0",
        b"a\0f -1 2 3\0\0",
        b"a\0f 1 99999 3\0\0",
        b"a\0f 1" + b"1" * 4400 + b" 2 3\0\0",
        b"a\0f \xd9\xa1 2 3\0\0",
        b"a\0q 1 2 3\0\0",
        b"a\0\0\0",
        b"a\0f 1 2 3\0\0a\0f 1 2 3\0\0",
    ],
)
def test_a_listing_that_is_none(bad):
    with pytest.raises(Refused):
        listing(bad)


def test_any_bytes_are_a_listing_or_refused():
    chosen = random.Random(9)
    for _ in range(3000):
        data = bytearray(GOOD)
        for _ in range(chosen.randint(1, 6)):
            data[chosen.randrange(len(data))] = chosen.randrange(256)
        try:
            listing(bytes(data))
        except Refused:
            continue
