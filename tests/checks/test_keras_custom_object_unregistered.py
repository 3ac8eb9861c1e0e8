"""keras-custom-object-unregistered: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

SICK = FIXTURES / "sick/keras-custom-object-unregistered/model"
MODEL, SCRIPT = (SICK / "model.keras").read_bytes(), (SICK / "code/inference.py").read_text()


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
