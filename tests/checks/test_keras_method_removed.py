"""keras-method-removed: methods of loaded models alone, by the Keras that loads."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

SCRIPT = """\
import tensorflow as tf

model = tf.keras.models.load_model("/opt/ml/model/m.h5")


def predict_fn(data, _):
    {line}
"""


def asked(line: str, tensorflow: str = "2.15.1", keras: str = "2.15.0"):
    artifact = {"m.h5": b"", "code/inference.py": SCRIPT.format(line=line)}
    return ask("keras-method-removed", artifact=artifact, serving={"tensorflow": tensorflow, "keras": keras})


def test_told_first():
    first = examine("sick/keras-method-removed").findings[0]
    assert first.check.id == "keras-method-removed"
    assert "predict_classes of a model of Keras 2.15" in first.finding.message


def test_save_format_in_keras_3():
    found = asked('model.save("x", save_format="tf")', "2.19.1", "3.10.0")
    assert "takes no save_format" in found.findings[0].message


@pytest.mark.parametrize(
    ("line", "tensorflow"),
    [
        ("return model.predict_classes(data)", "2.5.0"),
        ('model.save("x", save_format="tf")', "2.15.1"),
        ('model.save("x.keras")', "2.15.1"),
        ("return model.predict_generator(data)", "2.15.1"),
        ("return model.predict(data)", "2.15.1"),
        ('if hasattr(model, "predict_classes"):\n        return model.predict_classes(data)', "2.15.1"),
    ],
)
def test_clear(line, tensorflow):
    assert asked(line, tensorflow).status is Status.CLEAR
