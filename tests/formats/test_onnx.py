from __future__ import annotations

import contextlib
import random

import pytest

from doctor.errors import Unreadable
from doctor.formats.kinds.base import Port, Tensor
from doctor.formats.kinds.onnx import External
from doctor.formats.onnx import read
from doctor.formats.stream import stream_of
from tests.fixture_files import files
from tests.formats.test_protobuf import field


def onnx(name: str, path: str = "model.onnx"):
    data = files(name)[path]
    return read(stream_of(data), path, len(data))


def of(data: bytes):
    return read(stream_of(data), "model.onnx", len(data))


def test_a_forest_by_skl2onnx():
    file = onnx("healthy/onnx-with-handler")
    assert file.writer == {"skl2onnx": "1.20.0"}
    assert file.inputs == (Port("X", "float32", (None, 4)),)
    assert file.outputs[0] == Port("output_label", "int64", (None,))
    assert file.outputs[1].dtype == "sequence"
    assert file.facts.ir_version == 10
    assert "TreeEnsembleClassifier" in file.facts.operators["ai.onnx.ml"]


def test_names_of_dimensions_and_weights():
    file = onnx("sick/onnx-opset-too-new")
    assert file.inputs == (Port("x", "float32", ("batch", 4)),)
    assert file.tensors == (Tensor("W", "float32", (4, 3)),)
    assert file.facts.opsets == {"ai.onnx": 28}
    assert file.facts.operators == {"ai.onnx": ("MatMul", "Relu")}


def test_external_data():
    file = onnx("healthy/onnx-external-data-beside")
    assert file.facts.external == (External("model.onnx.data", 1, "W", 16384),)
    assert file.tensors == (Tensor("W", "float32", (64, 64)),)


def test_calls_of_own_functions_are_no_operators():
    facts = onnx("healthy/onnx-own-functions").facts
    assert facts.functions == (("pkg.own", "Gate"),)
    assert facts.operators == {"ai.onnx": ("Relu",)}


def test_operators_of_subgraphs():
    inner = field(1, field(4, b"Inner") + field(7, b"far"))
    node = field(1, field(4, b"If") + field(5, field(6, inner)))
    assert of(b"\x08\x0a" + field(7, node)).facts.operators == {"ai.onnx": ("If",), "far": ("Inner",)}


def test_graphs_within_graphs_end():
    graph = field(1, field(4, b"Add"))
    for _ in range(300):
        graph = field(1, field(4, b"If") + field(5, field(6, graph)))
    with pytest.raises(Unreadable, match="graphs within graphs"):
        of(b"\x08\x0a" + field(7, graph))


@pytest.mark.parametrize(
    "data", [b"", b"\x12\x01a", b"\x18\x00\x00\x00ORTM" + b"\x00" * 40, b"<html>", b"version https://git"]
)
def test_what_is_no_onnx(data):
    with pytest.raises(Unreadable):
        of(data)


def test_mutations_raise_unreadable_alone():
    dice = random.Random(1)
    data = files("healthy/onnx-external-data-beside")["model.onnx"]
    for _ in range(2000):
        bad = bytearray(data)
        for _ in range(dice.choice((1, 2, 6))):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        with contextlib.suppress(Unreadable):
            of(bytes(bad[: dice.randrange(len(bad)) if dice.random() < 0.3 else len(bad)]))
