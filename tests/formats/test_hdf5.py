"""HDF5 files: made by h5py and by Keras 2.8 to 3.15, then cut short and broken."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from doctor.errors import Unreadable
from doctor.formats.hdf5 import looked_through, read
from doctor.formats.kinds.base import Port
from doctor.formats.stream import stream_of

DATA = Path(__file__).parent / "data/keras"


def model(name):
    data = (DATA / name).read_bytes()
    return read(stream_of(data), name, len(data))


def test_a_compiled_model_of_keras_2_gives_its_version_layers_weights_and_loss():
    file = model("compiled-2.8.h5")
    assert (file.format, file.writer, file.facts.holds) == ("hdf5", {"keras": "2.8.0"}, "model")
    assert [x.class_name for x in file.facts.layers] == ["Sequential", "InputLayer", "Dense"]
    assert file.facts.training["loss"] == "mse"
    assert file.inputs == (Port("input_49", "float32", (None, 4)),)
    kernel = next(t for t in file.tensors if t.name == "model_weights/dense_45/dense_45/kernel:0")
    assert (kernel.dtype, kernel.shape) == ("float32", (4, 3))


def test_a_layer_inside_another_is_found():
    file = model("bidirectional-2.15.h5")
    assert [x.class_name for x in file.facts.layers] == ["Sequential", "InputLayer", "Bidirectional", "LSTM", "Dense"]
    assert file.facts.custom == ()


def test_a_class_that_keras_does_not_bring_is_custom():
    file = model("custom-2.15.h5")
    assert [(x.class_name, x.name) for x in file.facts.custom] == [("MyDense", "my_dense")]
    assert [s.name for s in file.symbols] == ["MyDense"]


@pytest.mark.parametrize("name", ["weights-2.10.h5", "weights-3.15.h5"])
def test_weights_alone_are_told_from_a_model(name):
    file = model(name)
    assert file.facts.holds == "weights"
    assert sorted(t.shape for t in file.tensors) == [(3,), (4, 3)]


def test_data_that_keras_did_not_write_is_said_to_be_such():
    file = model("dense-links.h5")
    assert (file.facts.holds, file.writer) == ("data", {})


def test_links_and_attributes_kept_in_heaps_are_found():
    data = (DATA / "dense-links.h5").read_bytes()
    things = looked_through(stream_of(data), len(data))
    held = {p for p in things if p.startswith(("g/d", "hard/d"))}  # one group, two hard links: it comes once
    assert len(held) == 150
    assert things["chunked"].shape == (100, 100)
    assert (things["chunked"].dtype, things["big"].dtype) == ("int64", "float32")
    attributes = things[""].attributes
    assert {attributes[f"a{i}"] for i in range(12)} == set(range(12))
    assert (attributes["text"], attributes["flag"], attributes["names"]) == ("héllo", True, ["a", "bcd"])
    assert len(attributes["long"]) == 3000


@pytest.mark.parametrize("name", ["compiled-2.8.h5", "weights-3.15.h5", "dense-links.h5"])
def test_a_broken_file_is_unreadable_and_nothing_else(name):
    data = (DATA / name).read_bytes()
    source = random.Random(0)
    for _ in range(150):
        broken = bytearray(data)
        for _ in range(source.choice([1, 4, 30])):
            broken[source.randrange(len(broken))] = source.choice([0, 1, 127, 255])
        del broken[source.choice([len(broken), source.randrange(len(broken))]) :]
        with contextlib.suppress(Unreadable):
            read(stream_of(bytes(broken)), name, len(broken))


def test_a_file_whose_size_nobody_knows_reads_the_same():
    data = (DATA / "dense-links.h5").read_bytes()
    assert looked_through(stream_of(data), None) == looked_through(stream_of(data), len(data))
