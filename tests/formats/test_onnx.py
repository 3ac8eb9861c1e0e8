from __future__ import annotations

import contextlib
import random

import pytest

from doctor.errors import Unreadable
from doctor.formats.kinds.base import Port, Tensor
from doctor.formats.kinds.onnx import External, Use
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


def test_operators_with_the_types_that_they_take():
    uses = {u.operator: u for u in onnx("healthy/onnx-types-that-run").facts.uses}
    assert uses["Gemm"] == Use("ai.onnx", "Gemm", ("float64", "float64", "float64"), "", False, "/fc/Gemm")
    assert uses["LayerNormalization"].inputs == ("float64", "float64", "float64")
    assert "Shape" in uses
    assert "Mul" not in uses  # asked for its shape alone


def _node(operator: bytes, takes: bytes, gives: bytes, attribute: bytes = b"") -> bytes:
    return field(1, field(1, takes) + field(2, gives) + field(4, operator) + attribute)


def _port(number: int, name: bytes, code: int) -> bytes:
    return field(number, field(1, name) + field(2, field(1, b"\x08" + bytes([code]))))


def test_types_by_attributes():
    cast = field(5, field(1, b"saturate") + b"\x18\x01") + field(5, field(1, b"to") + b"\x18\x10")
    value = field(5, field(1, b"value") + field(5, b"\x10\x0b"))
    graph = _node(b"Cast", b"x", b"a", cast) + _node(b"Neg", b"a", b"y")
    graph += field(1, field(2, b"c") + field(4, b"Constant") + value) + _node(b"Abs", b"c", b"z")
    graph += _port(11, b"x", 1) + _port(12, b"y", 16) + _port(12, b"z", 11)
    facts = of(b"\x08\x0a" + field(7, graph)).facts
    assert [(u.operator, u.inputs, u.makes, u.through) for u in facts.uses] == [
        ("Cast", ("float32",), "bfloat16", False),
        ("Neg", ("bfloat16",), "", False),
        ("Constant", (), "float64", False),
        ("Abs", ("float64",), "", False),
    ]
    assert facts.types == ("bfloat16", "float32", "float64")


def test_types_from_node_to_node():
    both = field(1, field(1, b"a") + field(1, b"i") + field(2, b"v") + field(2, b"at") + field(4, b"TopK"))
    graph = _node(b"Relu", b"x", b"a") + both + _node(b"Abs", b"v", b"y") + _node(b"Neg", b"at", b"z")
    graph += _node(b"Odd", b"x", b"o") + _node(b"Exp", b"o", b"w")
    graph += _port(11, b"x", 11) + b"".join(field(12, field(1, name)) for name in (b"y", b"z", b"w"))
    uses = {u.operator: u.inputs for u in of(b"\x08\x0a" + field(7, graph)).facts.uses}
    assert uses == {
        "Relu": ("float64",), "TopK": ("float64", ""), "Abs": ("float64",), "Neg": ("int64",), "Odd": ("float64",),
        "Exp": ("",),
    }  # fmt: skip


def test_own_operators_say_nothing_of_types():
    graph = _node(b"Relu", b"x", b"a") + _node(b"Abs", b"a", b"y") + _port(11, b"x", 11) + field(12, field(1, b"y"))
    own = field(25, field(1, b"Relu"))
    uses = of(b"\x08\x0a" + field(7, graph) + own).facts.uses
    assert [(u.operator, u.inputs) for u in uses] == [("Abs", ("",))]


def test_too_many_nodes_say_nothing(monkeypatch):
    graph = _node(b"Neg", b"x", b"y") + _port(11, b"x", 1) + _port(12, b"y", 1)
    data = b"\x08\x0a" + field(7, graph)
    assert of(data).facts.uses == (Use("ai.onnx", "Neg", ("float32",), "", True, ""),)
    monkeypatch.setattr("doctor.formats.onnxnodes.MOST", 0)
    assert of(data).facts.uses == ()


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
