from __future__ import annotations

import contextlib
import json
import random

import pytest

from doctor.errors import Unreadable
from doctor.formats.recognise import reader, recognise
from doctor.formats.stream import stream_of
from tests.deployments import FIXTURES
from tests.exportedfiles import archive, flat, package, zipped


def read(data, path="model.pt2"):
    word = recognise(data[:4096], path)
    return reader(word)(stream_of(data), path, len(data))


def test_a_program_of_2_13():
    found = read((FIXTURES / "healthy/exported-program/model/model.pt2").read_bytes())
    assert found.format == "torch-export"
    assert found.writer == {"torch": "2.13.0+cpu"}
    assert found.facts.layout == "archive"
    assert str(found.facts.schema) == "8.20"
    assert [(p.name, p.dtype, p.shape) for p in found.inputs] == [("x", "float32", (None, 4))]
    assert {t.name: t.shape for t in found.tensors}["hidden.weight"] == (8, 4)


def test_a_program_of_2_5():
    found = read((FIXTURES / "sick/exported-program-of-another-torch--schema/model/model.pt2").read_bytes())
    assert (found.format, found.facts.layout, str(found.facts.schema)) == ("torch-export", "flat", "7.3")
    assert [p.name for p in found.inputs] == ["x"]


def test_a_compiled_model():
    found = read((FIXTURES / "healthy/aotinductor-cpu/model/model.pt2").read_bytes())
    assert found.format == "aotinductor"
    model = found.facts.models[0]
    assert (model.name, model.device, model.machine, model.elf) == ("model", "cpu", "x86_64", "x86_64")


def test_recognised_whatever_the_name():
    data = (FIXTURES / "healthy/exported-program-named-pt/model/model.pt").read_bytes()
    assert recognise(data[:4096], "model.pt") == "torch-export"
    script = (FIXTURES / "healthy/torchscript-cpu/model/model.pt").read_bytes()
    assert recognise(script[:4096], "model.pt") == "torch-zip"


def test_a_program_that_says_nothing():
    assert read(zipped({"m/models/model.json": "{}"})).facts.schema is None
    with pytest.raises(Unreadable, match="no JSON"):
        read(zipped({"m/models/model.json": "{"}))
    with pytest.raises(Unreadable, match="no table"):
        read(zipped({"m/models/model.json": "[]"}))
    with pytest.raises(Unreadable, match="without a program"):
        read(zipped({"m/byteorder": "little"}))


def test_odd_values_are_not_believed():
    odd = [None, 1, "x", [], {}, -1, True, [[]], {"as_int": -5}, 1 << 80, {"major": "8"}]
    base = json.loads('{"graph_module": 0, "schema_version": 0, "torch_version": 0}')
    for value in odd:
        for key in base:
            read(zipped({"m/models/model.json": json.dumps({**base, key: value})}))
        graph = {"graph": {"tensor_values": {"x": value, "y": {"sizes": value, "device": value, "dtype": value}}}}
        read(zipped({"m/models/model.json": json.dumps({"graph_module": {**graph, "signature": value}})}))
        said = {"AOTI_DEVICE_KEY": value}
        read(zipped({"m/data/aotinductor/model/x_metadata.json": json.dumps(said)}))


@pytest.mark.parametrize("whole", [archive(), flat(), package("cuda", "80")])
def test_mutated_bytes_are_unreadable_at_worst(whole):
    chance = random.Random(0)
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.randint(1, len(data))])
        for word in ("torch-export", "aotinductor"):
            with contextlib.suppress(Unreadable):
                reader(word)(stream_of(cut), "model.pt2", len(cut))
