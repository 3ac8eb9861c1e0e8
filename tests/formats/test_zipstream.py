from __future__ import annotations

import io
import os
import random
import zipfile

import pytest

from doctor.errors import EndsEarly, Unreadable
from doctor.formats import zipstream
from doctor.formats.stream import Stream, stream_of
from doctor.formats.zipstream import entries
from tests.torchfiles import SCRIPT, STATE_DICT, WHOLE, file_of


class Unseekable(io.RawIOBase):
    """What makes zipfile write sizes behind the data."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def packed(contents, method=zipfile.ZIP_STORED, target=None):
    target = target if target is not None else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return target.data if isinstance(target, Unseekable) else target.getvalue()


def read_all(body, step=1000):
    parts = []
    while part := body.some(step):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(("fixture", "name"), [(STATE_DICT, "model.pth"), (WHOLE, "model.pth"), (SCRIPT, "model.pt")])
def test_pytorch_s_own_files(fixture, name):
    data = file_of(fixture, name)
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert [e.name for e in entries(stream_of(data))] == archive.namelist()
    for entry in entries(stream_of(data)):
        assert read_all(entry.body) == archive.read(entry.name)
    for entry in entries(stream_of(data)):  # in part
        assert entry.body.peek(7) == archive.read(entry.name)[:7]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("seekable", [True, False])
def test_python_s_files(method, seekable):
    contents = {"a": b"x" * 3_000_000, "empty": b"", "c": os.urandom(100_000), "d": packed({"inner": b"zip"})}
    data = packed(contents, method, None if seekable else Unseekable())
    assert {e.name: read_all(e.body) for e in entries(stream_of(data))} == contents
    assert [e.name for e in entries(stream_of(data))] == list(contents)


def test_signatures_inside_data_do_not_end_an_entry():
    inner = packed({"x": b"y" * 50}, target=Unseekable())
    contents = {"a": inner * 3 + zipstream.DESCRIPTOR * 100, "b": b"1"}
    data = packed(contents, target=Unseekable())
    assert {e.name: read_all(e.body) for e in entries(stream_of(data))} == contents


def test_a_signature_across_windows():
    for size in range(zipstream.WINDOW - 40, zipstream.WINDOW + 8):
        data = packed({"a": bytes(size), "b": b"1"}, target=Unseekable())
        assert [e.name for e in entries(stream_of(data))] == ["a", "b"]


def test_known_sizes_are_skipped_not_read():
    data = file_of(STATE_DICT)
    pulled = 0
    at = 0

    def pull(count):
        nonlocal pulled, at
        part = data[at : at + min(count, 16)]
        pulled += len(part)
        at += len(part)
        return part

    def leap(count):
        nonlocal at
        at += count

    sizes = {"model/data/0": 128}
    names = [e.name for e in entries(Stream(pull, len(data), leap), sizes.get)]
    assert names == zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_a_wrong_known_size_is_refused():
    with pytest.raises(Unreadable, match="isn't followed by its size, 64 bytes"):
        list(entries(stream_of(file_of(STATE_DICT)), lambda name: 64 if name.endswith("data/0") else None))


def test_every_truncation_is_told():
    for fixture, name in ((STATE_DICT, "model.pth"), (SCRIPT, "model.pt")):
        data = file_of(fixture, name)
        for end in range(0, len(data), 7):
            with pytest.raises(EndsEarly):
                list(entries(stream_of(data[:end])))


def test_encrypted_and_unknown_methods():
    data = bytearray(packed({"a": b"1"}))
    data[6] |= 1
    with pytest.raises(Unreadable, match="encrypted"):
        list(entries(stream_of(bytes(data))))
    data = bytearray(packed({"a": b"1"}))
    data[8] = 99
    with pytest.raises(Unreadable, match="method 99"):
        [e.body.read(1) for e in entries(stream_of(bytes(data)))]
    assert [e.name for e in entries(stream_of(bytes(data)))] == ["a"]  # skipped, not read


def test_an_inflated_entry_is_bounded(monkeypatch):
    monkeypatch.setattr(zipstream, "MOST_INFLATED", 1 << 20)
    data = packed({"a": bytes(4 << 20)}, zipfile.ZIP_DEFLATED, Unseekable())
    with pytest.raises(Unreadable, match="without saying its size"):
        list(entries(stream_of(data)))


def test_whatever_the_bytes():
    chance = random.Random(1)
    files = [file_of(SCRIPT, "model.pt"), packed({"a": b"x" * 999, "b": b"y"}, zipfile.ZIP_DEFLATED, Unseekable())]
    for _ in range(1500):
        data = bytearray(chance.choice(files))
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            for entry in entries(stream_of(bytes(data))):
                if chance.random() < 0.5:
                    read_all(entry.body)
        except Unreadable:
            pass
