"""The opcode scanner: what real pickles of each protocol give, and what made-up ones must not do."""

from __future__ import annotations

import collections
import contextlib
import datetime as dt
import decimal
import os
import pickle
import random
import time
import tracemalloc

import pytest

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.inert import LOST, Call, Persistent, Skipped, brief, walk
from doctor.formats.kinds.base import Symbol
from doctor.formats.opcodes import scan
from doctor.formats.stream import Stream, stream_of

PLAIN = {
    "none": None,
    "flags": [True, False],
    "small": [0, 1, 255, 256, 65535, 65536, -1, 2**31, -(2**31), 2**70, -(2**70)],
    "float": [0.5, -1e300, float("inf")],
    "text": ["", "a", "Ulm\n", "Größe", "日本", "x" * 300, "'quoted\"", "back\\slash"],
    "bytes": [b"", b"\x00\xff", b"y" * 300],
    "nested": {"a": [1, (2, (3, [4, {"b": ()}]))]},
    5: "number as key",
    (1, "tuple"): "as key",
}


def of(data, **options):
    return scan(stream_of(data), **options)


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


class Slotted:
    __slots__ = ("a",)

    def __init__(self):
        self.a = 1


class Command:
    def __reduce__(self):
        return os.system, ("echo",)


class Named:
    def __init__(self, key):
        self.key = key


def machine():
    """The time that this machine takes for five million steps of a loop, whatever else it does."""
    began = time.process_time()
    for _ in range(5_000_000):
        pass
    return time.process_time() - began


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_comes_back_as_it_was(protocol):
    found = of(pickle.dumps({k: v for k, v in PLAIN.items() if k != "bytes" and not isinstance(k, tuple)}, protocol))
    assert found.value == {k: v for k, v in PLAIN.items() if k != "bytes" and not isinstance(k, tuple)}
    assert found.complete
    assert found.protocol == (protocol if protocol > 1 else 0)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_bytes_and_unsafe_keys(protocol):
    found = of(pickle.dumps(PLAIN, protocol))
    assert found.value["bytes"] == PLAIN["bytes"]
    assert "as key" in found.value.values()


@pytest.mark.parametrize("protocol", range(6))
def test_instances_are_calls_with_their_state(protocol):
    value = of(
        pickle.dumps([Point(1, "two"), collections.OrderedDict(a=1), Slotted() if protocol > 1 else 0], protocol)
    ).value
    states = [v.state for v in walk(value) if isinstance(v, Call) and v.state]
    assert {"x": 1, "y": "two"} in states
    assert any(isinstance(v, Call) and v.entries == {"a": 1} for v in walk(value))


@pytest.mark.parametrize("protocol", range(6))
def test_names_and_first_calls(protocol):
    found = of(pickle.dumps([dt.date(2020, 1, 2), decimal.Decimal("1.5"), {1, 2}, frozenset("a"), len], protocol))
    names = {str(s) for s in found.symbols}
    assert {"datetime.date", "decimal.Decimal", "builtins.len"} <= names
    assert Symbol("datetime", "date") in found.applied
    assert Symbol("builtins", "len") not in found.applied
    assert not found.unresolved


@pytest.mark.parametrize("protocol", range(6))
def test_a_command_is_seen_and_not_run(protocol):
    found = of(pickle.dumps(Command(), protocol))
    call = found.applied[Symbol(os.name, "system")]
    assert brief(call) == f"{os.name}.system('echo')"


def test_names_of_python_2_are_translated():
    found = of(b"\x80\x02c__builtin__\nset\nq\x00ccopy_reg\n_reconstructor\n\x86.")
    assert [str(s) for s in found.symbols] == ["builtins.set", "copyreg._reconstructor"]


def test_inst_and_obj():
    assert of(b"(S'a'\nI1\nios\nsystem\n.").applied[Symbol("os", "system")].args == ("a", 1)
    assert of(b"(cos\nsystem\nS'a'\no.").applied[Symbol("os", "system")].args == ("a",)


def test_persistent_ids():
    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", dict, value.key, "cpu", 7) if isinstance(value, Named) else None

    import io

    out = io.BytesIO()
    Pickler(out, 2).dump({"weight": Named("0"), "bias": Named("1")})
    value = of(out.getvalue()).value
    assert value["weight"] == Persistent(("storage", Symbol("builtins", "dict"), "0", "cpu", 7))


def test_extension_codes_are_not_resolved():
    found = of(b"\x80\x02\x82\x01.")
    assert (found.value, found.unresolved) == (LOST, 1)


def test_two_pickles_in_a_row():
    stream = stream_of(pickle.dumps(1) + pickle.dumps("two") + b"rest")
    assert [scan(stream).value, scan(stream).value] == [1, "two"]
    assert stream.read(4) == b"rest"


@pytest.mark.parametrize("size", [1, 1000, 1025, 70_000, 1 << 20])
def test_payloads_pass(size):
    value = of(pickle.dumps([b"x" * size, "end", bytearray(size)], 5)).value
    assert value[1] == "end"
    assert value[0] == (b"x" * size if size <= 1024 else Skipped(size, b"x" * 64, b"x" * 64))


def test_two_gigabytes_pass_in_no_memory():
    size = 2 << 30
    head = b"\x80\x05\x8e" + size.to_bytes(8, "little")
    tail = b"\x8c\x03end\x86."
    total = len(head) + size + len(tail)
    at = 0

    def pull(count):
        nonlocal at
        count = min(count, total - at)
        start, at = at, at + count
        if start >= len(head) and at <= len(head) + size:
            return bytes(count)
        whole = (
            (head + bytes(max(0, min(at, len(head) + size) - len(head))))[start:]
            if start < len(head)
            else bytes(max(0, len(head) + size - start))
        )
        whole = whole[:count]
        return whole + tail[len(tail) - (total - start - len(whole)) :][: count - len(whole)]

    def leap(count):
        nonlocal at
        at += count

    tracemalloc.start()
    value = scan(Stream(pull, total, leap)).value
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert value == (Skipped(size, bytes(64), bytes(64)), "end")
    assert peak < 8 << 20


@pytest.mark.parametrize("protocol", range(6))
def test_cut_anywhere(protocol):
    data = pickle.dumps([PLAIN["small"], Point(1, 2), "x" * 500, PLAIN["nested"]], protocol)
    for end in range(1, len(data)):
        with pytest.raises(EndsEarly):
            of(data[:end])
        found = of(data[:end], partial=True)
        assert not found.complete
        assert found.truncated_at == end


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04\xff.", b"\x80\x04R.", b"\x80\x04h\x05.", b"\x80\x04\x85.", b"\x80\x04}\x8c\x01as.", b"(e.", b"t.",
        b"I" + b"9" * 100_000, b"Inot a number\n.", b"Sunquoted\n.", b"\x80\x02cno newline",
        b"\x80\x04T\xff\xff\xff\xff.", b"\x80\x04\x8b\xff\xff\xff\xff.", b"g99999999999999999999999\n.",
    ],
)  # fmt: skip
def test_unsound(data):
    with pytest.raises(Unreadable):
        of(data + b"\x00" * 600)


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"\x80\x04)" + b"\x85" * 3_000_000, b"."),
        (b"\x80\x04\x8c\x01a\x8c\x01b\x93" + b")R" * 1_000_000, b"."),
        (b"\x80\x04" + b"]" * 500_000, b"a" * 499_999 + b"."),
        (b"\x80\x04)" + b"\x94" * 3_000_000, b"."),
        (b"\x80\x04]" + b"(K\x01e" * 500_000, b"."),
        (b"\x80\x04}" + b"(NNu" * 500_000, b"."),
        (b"\x80\x04" + b"(" * 9_000_000, b"."),
        (b"\x80\x04" + b"N" * 9_000_000, b"."),
        (b"\x80\x04]" + b"\x94h\x00" * 400_000, b"e."),
    ],
)
def test_depth_and_number_are_bounded(data, end):
    unit, began = machine(), time.process_time()
    with contextlib.suppress(Unreadable):
        found = of(data + end)
        brief(found.value)
    assert time.process_time() - began < 100 * unit  # measured: 20 for the longest


def test_a_deep_tuple_as_key_is_boxed():
    data = b"\x80\x04})" + b"\x85" * 200_000 + b"K\x01s."
    assert list(of(data).value.values()) == [1]


def test_names_behind_plenty_are_still_found():
    words = {f"word{i}": i for i in range(300_000)}
    found = of(pickle.dumps([words, Point(1, 2), dt.date(2020, 1, 1), Point(3, 4)], 4))
    assert {"tests.formats.test_opcodes.Point", "datetime.date"} <= {str(s) for s in found.symbols}
    assert not found.unresolved


def test_mutated_pickles_raise_unreadable_and_nothing_else():
    dice = random.Random(7)
    data = [
        pickle.dumps([PLAIN["nested"], PLAIN["small"], Point(1, 2), {1}, Command(), "x" * 300], p) for p in range(6)
    ]
    for _ in range(6000):
        mutated = bytearray(dice.choice(data))
        for _ in range(dice.randrange(1, 5)):
            mutated[dice.randrange(len(mutated))] = dice.randrange(256)
        with contextlib.suppress(Unreadable):
            brief(of(bytes(mutated), partial=True).value)


def test_fast():
    data = pickle.dumps(list(range(500_000)), 4)
    unit, began = machine(), time.process_time()
    of(data)
    assert time.process_time() - began < 5 * unit  # measured: 0.3


@pytest.mark.parametrize("size", [1025, 65_500, 65_536, 65_600, 200_000])
def test_the_ends_of_what_passes_are_kept(size):
    data = bytes(range(64)) + bytes(size - 128) + bytes(range(64, 128))
    assert of(pickle.dumps([data, "end"])).value == [Skipped(size, bytes(range(64)), bytes(range(64, 128))), "end"]
