"""Graphs alone, checkpoints and TensorFlow Lite models: told apart by their bytes, whatever the name."""

from __future__ import annotations

import contextlib
import random

import pytest

from doctor.errors import Unreadable
from doctor.formats.kinds.tensorflow import Checkpoint, Graph, TFLite
from doctor.formats.recognise import reader, recognise
from doctor.formats.stream import stream_of
from tests.fixture_files import files

LITE = files("sick/no-model-of-keras--tflite")["model.tflite"]
GRAPH = files("sick/no-model-of-keras--frozen-graph")["frozen_inference_graph.pb"]
INDEX = files("healthy/keras-checkpoint-in-keras-2")["checkpoints/cp.ckpt.index"]
SAVED = files("sick/savedmodel-without-keras-metadata")


def read(data: bytes, path: str):
    word = recognise(data[:4096], path)
    assert word is not None
    return reader(word)(stream_of(data), path, len(data))


def test_tflite():
    found = read(LITE, "anything.bin")
    assert found.format == "tflite"
    assert found.facts == TFLite(3, "MLIR Converted.")


def test_graph_alone():
    found = read(GRAPH, "net/frozen_inference_graph.pb")
    assert found.format == "tensorflow-graph"
    assert isinstance(found.facts, Graph)
    assert {"Placeholder", "MatMul"} <= set(found.facts.operators)
    assert found.facts.variables == 0


def test_checkpoint():
    found = read(INDEX, "checkpoints/cp.ckpt.index")
    assert found.facts == Checkpoint("checkpoints/cp.ckpt", 1, of_objects=True)
    assert {(t.name.rpartition("/")[2], t.dtype, t.shape) for t in found.tensors} == {
        ("kernel", "float32", (4, 2)),
        ("bias", "float32", (2,)),
    }


def test_variables_of_a_savedmodel():
    found = read(SAVED["export/variables/variables.index"], "export/variables/variables.index")
    assert found.facts.prefix == "export/variables/variables"
    assert len(found.tensors) == 2


def test_whether_keras_2_made_the_savedmodel():
    def facts(fixture: str):
        return read(files(fixture)["export/saved_model.pb"], "export/saved_model.pb").facts

    assert facts("sick/savedmodel-without-keras-metadata").keras
    assert not facts("sick/savedmodel-not-callable--load-model").keras


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"\x0a\x05hello\x12\x03abc", "words.pb"),
        (b"\x08\x01\x12\x00", "other.pb"),
        (b"\x00\x01\x02\x08", "list.index"),
        (b"TFL2" * 4, "a.tflite"),
        (b"", "empty.pb"),
        (b"\x0a", "one.pb"),
    ],
)
def test_others_are_left_alone(data, path):
    assert recognise(data, path) is None


@pytest.mark.parametrize("length", [3, 20, 47, 48, 100, len(INDEX) - 1])
def test_a_cut_index_is_unreadable(length):
    with pytest.raises(Unreadable):
        reader("tensorflow-checkpoint")(stream_of(INDEX[:length]), "a.index", length)


@pytest.mark.parametrize(
    ("word", "whole", "path"),
    [("tflite", LITE, "a.tflite"), ("tensorflow-graph", GRAPH, "a.pb"), ("tensorflow-checkpoint", INDEX, "a.index")],
)
def test_mutated_bytes_are_unreadable_at_worst(word, whole, path):
    chance = random.Random(0)
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.choice([len(data), chance.randint(1, len(data))])])
        with contextlib.suppress(Unreadable):
            reader(word)(stream_of(cut), path, len(cut))


def test_names_that_grow_without_end():
    """Each entry repeats the whole name before it and adds a byte."""
    entries = b"".join(number(n) + number(1) + number(0) + b"x" for n in range(20_000))
    block = entries + (0).to_bytes(4, "little")
    handle = number(0) + number(len(block))
    index = number(0) + number(1) + number(len(handle)) + b"z" + handle + (0).to_bytes(4, "little")
    body = block + b"\0" * 5 + index + b"\0" * 5
    at = number(0) + number(0) + number(len(block) + 5) + number(len(index))
    data = body + at.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    with pytest.raises(Unreadable):
        reader("tensorflow-checkpoint")(stream_of(data), "a.index", len(data))


def number(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
