from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_a_keras_3_model_is_called():
    first = examine("sick/savedmodel-not-callable").findings[0]
    assert first.check.id == "savedmodel-not-callable"
    assert first.finding.message.startswith("'return model(data).numpy()' calls the SavedModel in export/")
    assert "written by TensorFlow 2.21.0" in first.finding.evidence[1].saw


def test_its_signature_is_called():
    model = files("sick/savedmodel-not-callable")
    model["code/inference.py"] = model["code/inference.py"].replace(b"model(data)", b"model.signatures['a'](data)")
    assert ask("savedmodel-not-callable", artifact=model, serving={"tensorflow": "2.21.0"}).status is Status.CLEAR


def test_a_model_with_a_call():
    model = files("sick/savedmodel-not-callable")
    whole = files("sick/savedmodel-variables-missing")
    model["export/saved_model.pb"] = whole["export/saved_model.pb"]
    assert ask("savedmodel-not-callable", artifact=model, serving={"tensorflow": "2.21.0"}).status is Status.CLEAR


def test_an_image_without_tensorflow():
    model = files("sick/savedmodel-not-callable")
    assert ask("savedmodel-not-callable", artifact=model, serving={"numpy": "2.0.0"}).status is Status.CLEAR
    assert ask("savedmodel-not-callable", artifact=model, serving={"tensorflow": "2.21.0"}).status is Status.FOUND
