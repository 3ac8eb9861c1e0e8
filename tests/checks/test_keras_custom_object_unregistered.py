"""keras-custom-object-unregistered: the fixture first, near misses clear."""

from __future__ import annotations

import io
import zipfile

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

SICK = FIXTURES / "sick/keras-custom-object-unregistered/model"
MODEL, SCRIPT = (SICK / "model.keras").read_bytes(), (SICK / "code/inference.py").read_text()


def of_module(module: str) -> bytes:
    """Return the model with its class in a module of its own, as Keras writes one that isn't registered."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(MODEL)) as read, zipfile.ZipFile(written, "w") as archive:
        for name in read.namelist():
            data = read.read(name).replace(
                b'"module": null, "class_name": "Scale"', b'"module": "%s", "class_name": "Scale"' % module.encode()
            )
            archive.writestr(name, data)
    return written.getvalue()


@pytest.mark.parametrize(
    ("module", "keras", "packed", "status"),
    [
        ("own.layers", "3.6.0", (), Status.FOUND),
        ("own.layers", "3.6.0", ("code/own/layers.py",), Status.CLEAR),
        ("numpy.layers", "3.6.0", (), Status.CLEAR),
        ("__main__", "3.6.0", (), Status.CLEAR),
        ("own.layers", "3.9.2", ("code/own/layers.py",), Status.FOUND),
    ],
)
def test_keras_3_8_and_earlier_import_the_module(module, keras, packed, status):
    files = {"model.keras": of_module(module), "code/inference.py": SCRIPT, **dict.fromkeys(packed, "class Scale: ...")}
    serving = {"keras": keras, "numpy": "1.26.4"}
    assert ask("keras-custom-object-unregistered", artifact=files, serving=serving).status is status


def test_a_package_that_nobody_knows_may_have_the_module():
    files = {"model.keras": of_module("own"), "code/inference.py": SCRIPT}
    outcome = ask("keras-custom-object-unregistered", artifact=files, serving={"keras": "3.6.0", "ours": "1.0"})
    assert outcome.reasons == ("model.keras names own; serving.txt doesn't say whether it is there",)


@pytest.mark.parametrize("variant", ["", "--h5"])
def test_names_the_class(variant):
    first = examine(f"sick/keras-custom-object-unregistered{variant}").findings[0]
    assert first.check.id == "keras-custom-object-unregistered"
    assert "holds a Scale ('scale')" in first.finding.message


@pytest.mark.parametrize(
    "script",
    [
        SCRIPT.replace('"model.keras")', '"model.keras"), custom_objects={"Scale": object}'),
        SCRIPT.replace('"model.keras")', '"model.keras"), custom_objects=OBJECTS'),
        SCRIPT.replace(
            "def model_fn", "@tf.keras.saving.register_keras_serializable()\nclass Scale: ...\n\n\ndef model_fn"
        ),
    ],
)
def test_a_handler_that_registers_it_or_may(script):
    files = {"model.keras": MODEL, "code/inference.py": script}
    assert ask("keras-custom-object-unregistered", artifact=files, serving={"keras": "3.15.1"}).status is Status.CLEAR


def test_without_code_nobody_can_see():
    outcome = ask("keras-custom-object-unregistered", artifact={"m.keras": MODEL}, serving={"keras": "3.15.1"})
    assert outcome.status is Status.CLEAR
