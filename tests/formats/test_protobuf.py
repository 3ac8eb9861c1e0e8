from __future__ import annotations

import pytest

from doctor.errors import Unreadable
from doctor.formats.protobuf import KEEP, Large, fields, number, numbers, pair, text
from doctor.formats.stream import Stream, stream_of


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(at: int, content: bytes) -> bytes:
    return varint(at << 3 | 2) + varint(len(content)) + content


def test_every_wire_type():
    data = b"\x08\x96\x01" + field(2, b"abc") + b"\x1d\x01\x00\x00\x00" + b"\x21\x02" + b"\x00" * 7
    for message in (data, Large(stream_of(data), None)):
        assert list(fields(message)) == [(1, 150), (2, b"abc"), (3, 1), (4, 2)]


def test_numbers_are_signed_and_packed_or_not():
    assert number((1 << 64) - 1) == -1
    assert numbers(7) == (7,)
    assert numbers(b"\x01\x96\x01") == (1, 150)
    with pytest.raises(Unreadable):
        number(b"x")


def test_text_replaces_what_is_no_utf8():
    assert text(b"a\xff") == "a\ufffd"


def test_pair():
    assert pair(field(1, b"key") + field(2, b"held")) == ("key", b"held")
    assert pair(b"") == ("", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b",
        b"\x0f",
        b"\x00\x00",
        b"\x08",
        b"\x08" + b"\xff" * 11,
        b"\x12\x05abc",
        b"\x1d\x01",
        b"\x12\xff\xff\xff\xff\x7f",
    ],
)
def test_what_is_no_message(data):
    for message in (data, Large(stream_of(data), None)):
        with pytest.raises(Unreadable):
            list(fields(message))


def test_a_large_value_passes_without_being_kept():
    inner = field(1, b"head") + field(9, b"w" * (KEEP * 40))
    data = field(5, inner) + field(6, b"after")
    pulled = 0

    def pull(count: int) -> bytes:
        nonlocal pulled
        chunk = data[pulled : pulled + count]
        pulled += len(chunk)
        return chunk

    seen = []
    for at, value in fields(Large(Stream(pull, None), None)):
        seen.append((at, value) if isinstance(value, bytes) else (at, next(fields(value))))
    assert seen == [(5, (1, b"head")), (6, b"after")]


def test_a_value_that_outgrows_its_message():
    inner = field(1, b"x" * (KEEP + 10))
    data = varint(5 << 3 | 2) + varint(len(inner) - 5) + inner
    ((_, value),) = [next(fields(Large(stream_of(data), None)))]
    with pytest.raises(Unreadable):
        list(fields(value))
