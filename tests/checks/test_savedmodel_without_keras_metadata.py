"""savedmodel-without-keras-metadata: the fixture first; with the file, and for other loaders, clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

SICK = files("sick/savedmodel-without-keras-metadata")
KERAS_2 = {"tensorflow-cpu": "2.15.1", "keras": "2.15.0"}


def test_told_first():
    first = examine("sick/savedmodel-without-keras-metadata").findings[0]
    assert first.check.id == "savedmodel-without-keras-metadata"
    assert "export/, which lacks keras_metadata.pb" in first.finding.message


def asked(artifact):
    return ask("savedmodel-without-keras-metadata", artifact=artifact, serving=KERAS_2)


def test_clear_with_the_file():
    assert asked({**SICK, "export/keras_metadata.pb": b""}).status is Status.CLEAR


def test_clear_for_what_makes_no_keras_model():
    script = SICK["code/inference.py"].decode().replace("tf.keras.models.load_model", "tf.saved_model.load")
    assert asked({**SICK, "code/inference.py": script}).status is Status.CLEAR
    exported = files("sick/savedmodel-not-callable--load-model")
    assert asked(exported).status is Status.CLEAR  # it loads; what it gives can't be called
    first = examine("sick/savedmodel-not-callable--load-model").findings[0]
    assert first.check.id == "savedmodel-not-callable"
