from __future__ import annotations

import contextlib
import random

import pytest

from doctor.errors import Unreadable
from doctor.formats.kinds.base import Port
from doctor.formats.kinds.savedmodel import Operator
from doctor.formats.savedmodel import read
from doctor.formats.stream import stream_of
from tests.fixture_files import files
from tests.formats.test_protobuf import field


def saved(name: str, folder: str):
    return of(files(name)[f"{folder}/saved_model.pb"])


def of(data: bytes):
    return read(stream_of(data), "1/saved_model.pb", len(data))


def test_a_module():
    file = saved("healthy/savedmodel-at-1", "1")
    assert file.writer == {"tensorflow": "2.15.1"}
    assert file.inputs == (Port("x", "float32", (None, 4)),)
    assert file.outputs == (Port("y", "float32", (None, 4)),)
    facts = file.facts
    assert facts.tags == (("serve",),)
    assert facts.callable_names() == ("serving_default",)
    assert facts.variables == 1
    assert facts.restores
    assert facts.called
    assert not facts.frozen


def test_operators_of_functions():
    operators = saved("sick/savedmodel-python-function", "export").facts.operators
    call = next(o for o in operators if o.name == "EagerPyFunc")
    assert call.function.startswith("__inference_serve_")
    assert call.reached
    assert not any(o.name.startswith("__inference") for o in operators)


def test_what_the_main_graph_does_not_lead_to():
    function = field(1, field(1, b"alone")) + field(3, field(2, b"Odd"))
    used = field(1, field(1, b"used")) + field(3, field(2, b"Even"))
    call = field(2, b"PartitionedCall") + field(5, field(1, b"f") + field(2, field(10, field(1, b"used"))))
    graph = field(1, call) + field(2, field(1, function) + field(1, used))
    operators = of(b"\x08\x01" + field(2, field(1, field(4, b"serve")) + field(2, graph))).facts.operators
    assert operators == (
        Operator("PartitionedCall"),
        Operator("Even", "used"),
        Operator("Odd", "alone", reached=False),
    )


def test_a_frozen_graph():
    facts = saved("sick/savedmodel-frozen-graph", "scorer/1").facts
    assert facts.frozen
    assert facts.tags == ()
    assert Operator("MatMul") in facts.operators


def test_no_call_and_no_signature():
    assert saved("sick/savedmodel-not-callable", "export").facts.called is False
    assert saved("sick/savedmodel-no-serving-signature", "scorer/1").facts.callable_names() == ()


def test_cut_short():
    data = files("healthy/savedmodel-at-1")["1/saved_model.pb"]
    with pytest.raises(Unreadable):
        of(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"\n", b"\x0a\x00", b"version https://git-lfs", b"<!DOCTYPE html>"])
def test_what_is_no_savedmodel(data):
    with pytest.raises(Unreadable):
        of(data)


def test_mutations_raise_unreadable_alone():
    dice = random.Random(1)
    data = files("healthy/savedmodel-at-1")["1/saved_model.pb"]
    for _ in range(300):
        bad = bytearray(data)
        for _ in range(dice.choice((1, 2, 6))):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        with contextlib.suppress(Unreadable):
            of(bytes(bad[: dice.randrange(len(bad)) if dice.random() < 0.3 else len(bad)]))
