"""XGBoost's three file formats, from versions 1.5.2 to 3.2.0."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path

import pytest

from doctor.errors import Unreadable
from doctor.formats.kinds.base import Port
from doctor.formats.recognise import recognise
from doctor.formats.stream import stream_of
from doctor.formats.xgboost import read

DATA = Path(__file__).parent / "data/xgboost"


def model(name):
    data = (DATA / name).read_bytes()
    return read(stream_of(data), name, len(data))


@pytest.mark.parametrize(
    ("name", "word", "version"),
    [
        ("1.5.2.bin", "xgboost-binary", "1.5"),
        ("3.0.5.bin", "xgboost-binary", "3.0"),
        ("1.7.6.json", "xgboost-json", "1.7.6"),
        ("3.2.0.ubj", "xgboost-ubj", "3.2.0"),
    ],
)
def test_each_format_gives_version_objective_columns_and_trees(name, word, version):
    file = model(name)
    assert recognise((DATA / name).read_bytes()[:4096], name) == word
    assert (file.format, file.writer) == (word, {"xgboost": version})
    facts = file.facts
    assert (facts.booster, facts.objective, facts.num_feature, facts.num_trees) == ("gbtree", "binary:logistic", 4, 3)
    assert facts.attributes["note"] == "hello"
    assert file.inputs == (Port("data", "float32", (None, 4)),)


@pytest.mark.parametrize("name", ["1.7.6.json", "3.2.0.ubj"])
def test_names_of_columns_are_read(name):
    assert model(name).facts.feature_names == ("a", "b", "c", "d")


def test_a_dart_booster_counts_its_trees():
    facts = model("dart-3.2.0.ubj").facts
    assert (facts.booster, facts.num_trees) == ("dart", 3)


def test_what_scikit_learn_s_wrapper_adds_is_an_attribute():
    assert "scikit_learn" in model("classifier-1.7.6.json").facts.attributes


def test_of_a_large_json_file_the_ends_are_read_without_its_trees():
    value = json.loads((DATA / "1.7.6.json").read_bytes())
    trees = value["learner"]["gradient_booster"]["model"]["trees"]
    value["learner"]["gradient_booster"]["model"]["trees"] = trees * 3000
    data = json.dumps(value, separators=(",", ":")).encode()
    assert len(data) > 1 << 20
    file = read(stream_of(data), "m.json", len(data))
    small = model("1.7.6.json")
    assert (file.writer, file.facts) == (small.writer, small.facts)


def test_a_large_json_file_cut_short_is_unreadable():
    data = b'{"learner":{"feature_names":[],"gradient_booster":{"model":{"trees":[' + b"1," * 1_000_000
    with pytest.raises(Unreadable):
        read(stream_of(data), "m.json", len(data))


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda p: p.name)
def test_a_broken_file_is_unreadable_and_nothing_else(path):
    data = path.read_bytes()
    source = random.Random(0)
    for _ in range(200):
        broken = bytearray(data)
        for _ in range(source.choice([1, 4])):
            broken[source.randrange(4, len(broken))] = source.choice([0, 1, 91, 123, 255])
        del broken[source.choice([len(broken), source.randrange(4, len(broken))]) :]
        with contextlib.suppress(Unreadable):
            read(stream_of(bytes(broken)), path.name, len(broken))


def test_nested_universal_json_does_not_exhaust_the_stack():
    data = b"{L" + b"\0" * 7 + b"\1a" + b"[" * 100_000
    with pytest.raises(Unreadable):
        read(stream_of(data), "m.ubj", len(data))
