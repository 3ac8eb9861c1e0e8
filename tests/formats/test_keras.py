"""Files of Keras's own format, from versions 2.15 and 3.15."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from doctor.errors import Unreadable
from doctor.formats.keras import read
from doctor.formats.kinds.base import Port
from doctor.formats.stream import stream_of

DATA = Path(__file__).parent / "data/keras"


def model(name):
    data = (DATA / name).read_bytes()
    return read(stream_of(data), name, len(data))


def zipped(**entries: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("_json", ".json"), text)
    return made.getvalue()


def test_a_functional_model_of_keras_3_gives_all_its_inputs_and_outputs():
    file = model("functional-3.15.keras")
    assert (file.format, file.writer) == ("keras", {"keras": "3.15.1"})
    assert file.inputs == (Port("left", "float32", (None, 4)), Port("right", "float32", (None, 4)))
    assert [p.name for p in file.outputs] == ["o1", "o2"]
    assert file.facts.layers[0].module == "keras.src.models.functional"
    assert {t.name for t in file.tensors} >= {"layers/dense/vars/0"}
    assert file.facts.saved.startswith("2026-")


def test_a_lambda_holds_code():
    file = model("lambda-2.15.keras")
    assert [x.name for x in file.facts.lambdas] == ["lambda"]
    assert file.facts.custom == ()


def test_a_deflated_zip_reads_the_same():
    config = {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"name": "d"}}]}}
    data = zipped(metadata_json='{"keras_version": "3.0.0"}', config_json=json.dumps(config))
    file = read(stream_of(data), "m.keras", len(data))
    assert [x.class_name for x in file.facts.layers] == ["Sequential", "Dense"]


def test_a_registered_class_is_custom_and_named_by_its_module():
    layer = {"module": "shop.layers", "class_name": "Fold", "config": {}, "registered_name": "shop>Fold"}
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}
    data = zipped(metadata_json='{"keras_version": "3.0.0"}', config_json=json.dumps(config))
    file = read(stream_of(data), "m.keras", len(data))
    assert [str(s) for s in file.symbols] == ["shop.layers.Fold"]


@pytest.mark.parametrize(
    "entries", [{"config_json": "{"}, {"config_json": "[]"}, {"metadata_json": "{}"}, {"config_json": "[" * 100_000}]
)
def test_a_zip_that_holds_no_model_is_unreadable(entries):
    data = zipped(**entries)
    with pytest.raises(Unreadable):
        read(stream_of(data), "m.keras", len(data))


def test_a_file_cut_short_is_unreadable():
    data = (DATA / "functional-3.15.keras").read_bytes()
    for end in (40, 500, 9000, len(data) - 30):
        with pytest.raises(Unreadable):
            read(stream_of(data[:end]), "m.keras", end)
