"""The forward-only view: exact reads, skips, ends, and sizes that are not believed."""

from __future__ import annotations

import pytest

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.stream import LARGEST_READ, Stream, stream_of


def dribble(data: bytes, step: int, size: int | None = None) -> Stream:
    """A stream whose source gives at most `step` bytes at a time and can't leap."""
    at = 0

    def pull(count: int) -> bytes:
        nonlocal at
        chunk = data[at : at + min(step, count)]
        at += len(chunk)
        return chunk

    return Stream(pull, size)


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
def test_reads_are_exact_whatever_the_source_gives(step):
    stream = dribble(bytes(range(100)), step)
    assert stream.peek(5) == bytes(range(5))
    assert stream.read(10) == bytes(range(10))
    stream.skip(50)
    assert stream.offset == 60
    assert stream.read(40) == bytes(range(60, 100))
    assert stream.at_end()


def test_some_gives_what_is_at_hand():
    stream = dribble(b"abcdefgh", 3)
    assert stream.some(100) == b"abc"
    assert stream.peek(1) == b"d"
    assert stream.some(2) == b"de"
    assert b"".join(iter(lambda: stream.some(10), b"")) == b"fgh"
    assert stream.offset == 8


def test_peek_past_the_end_gives_what_there_is():
    assert stream_of(b"abc").peek(10) == b"abc"


@pytest.mark.parametrize("size", [None, 3])
def test_past_the_end(size):
    for act in (lambda s: s.read(4), lambda s: s.skip(4)):
        with pytest.raises(EndsEarly):
            act(dribble(b"abc", 2, size))


@pytest.mark.parametrize("count", [-1, LARGEST_READ + 1])
def test_claims_are_not_believed(count):
    with pytest.raises(Unreadable, match="claims"):
        stream_of(b"abc").read(count)
    with pytest.raises(Unreadable):
        stream_of(b"abc").skip(count)


def test_lines():
    stream = stream_of(b"one\ntwo\nthree")
    assert (stream.line(), stream.line()) == (b"one\n", b"two\n")
    with pytest.raises(Unreadable, match="line without an end"):
        stream.line()


def test_a_leap_reads_nothing():
    pulled, leapt = [], []

    def pull(count):
        pulled.append(count)
        return b"x" * count

    stream = Stream(pull, 10**12, leapt.append)
    stream.read(1)
    stream.skip(10**11)
    assert len(pulled) == 1
    assert stream.offset == 10**11 + 1
    assert sum(leapt) + pulled[0] == 10**11 + 1
