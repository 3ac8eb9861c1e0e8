from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_a_savedmodel_of_keras_2():
    first = examine("sick/saved-model-given-to-keras-3").findings[0]
    assert first.check.id == "saved-model-given-to-keras-3"
    assert "is given the SavedModel in export/" in first.finding.message
    assert "TFSMLayer" in first.finding.fix


def test_keras_2_and_legacy_keras():
    model = files("sick/saved-model-given-to-keras-3")
    check = "saved-model-given-to-keras-3"
    assert ask(check, artifact=model, serving={"tensorflow": "2.15.1"}).status is Status.CLEAR
    env = {"TF_USE_LEGACY_KERAS": "1"}
    assert ask(check, artifact=model, serving={"tensorflow": "2.18.0"}, env=env).status is Status.CLEAR
    assert ask(check, artifact=model, serving={"tensorflow": "2.16.1"}).status is Status.FOUND


def test_loaded_without_keras():
    model = files("sick/saved-model-given-to-keras-3")
    model["code/inference.py"] = model["code/inference.py"].replace(b"keras.models.load_model", b"tf.saved_model.load")
    assert ask("saved-model-given-to-keras-3", artifact=model, serving={"tensorflow": "2.18.0"}).status is Status.CLEAR
