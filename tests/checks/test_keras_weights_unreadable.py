"""keras-weights-unreadable: three layouts, told by the file's name and the Keras that loads."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

NAMES = files("sick/keras-weights-unreadable--by-name")["scores.weights.h5"]
LAYERS = files("sick/keras-weights-unreadable--older-layout")["scores.weights.h5"]
SCRIPT = """\
import os
import tensorflow as tf

def model_fn(model_dir):
    model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
    model.load_weights(os.path.join(model_dir, "{name}"))
    return model
"""


@pytest.mark.parametrize(
    ("fixture", "said"),
    [
        ("keras-weights-unreadable", "is a TensorFlow checkpoint, and Keras 3.15.1 reads no checkpoints"),
        ("keras-weights-unreadable--by-name", "by the names of layers"),
        ("keras-weights-unreadable--older-layout", "reads the layout of Keras 2.12 to 2.14 under this name"),
    ],
)
def test_told_first(fixture, said):
    first = examine(f"sick/{fixture}").findings[0]
    assert first.check.id == "keras-weights-unreadable"
    assert said in first.finding.message


def asked(name: str, data: bytes, tensorflow: str, keras: str):
    artifact = {name: data, "code/inference.py": SCRIPT.format(name=name)}
    return ask("keras-weights-unreadable", artifact=artifact, serving={"tensorflow": tensorflow, "keras": keras})


@pytest.mark.parametrize(
    ("name", "data", "tensorflow", "keras"),
    [
        ("w.weights.h5", LAYERS, "2.15.1", "2.15.0"),
        ("w.weights.h5", LAYERS, "2.19.1", "3.10.0"),
        ("w.weights.h5", NAMES, "2.11.1", "2.11.0"),
        ("w.h5", NAMES, "2.15.1", "2.15.0"),
        ("w.h5", NAMES, "2.19.1", "3.10.0"),
    ],
)
def test_clear_where_the_name_fits(name, data, tensorflow, keras):
    assert asked(name, data, tensorflow, keras).status is Status.CLEAR


def test_a_layout_of_keras_3_under_a_plain_name():
    found = asked("w.h5", LAYERS, "2.8.4", "2.8.0").findings[0]
    assert found.log == "ValueError: Layer count mismatch when loading weights from file."


@pytest.mark.parametrize(
    ("keras", "says"), [("3.3.3", "object 'vars' doesn't exist"), ("3.6.0", "received 0 variables")]
)
def test_says_what_the_version_of_keras_3_says(keras, says):
    assert says in asked("w.weights.h5", NAMES, "2.18.1", keras).findings[0].log


def test_the_plain_name_mends_it():
    assert asked("w.weights.h5", NAMES, "2.19.1", "3.10.0").findings[0].fix.startswith("mv w.weights.h5 w.h5")
