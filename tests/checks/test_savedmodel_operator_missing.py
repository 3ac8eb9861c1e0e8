from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_an_operator_of_tensorflow_text():
    first = examine("sick/savedmodel-operator-missing").findings[0]
    assert first.check.id == "savedmodel-operator-missing"
    assert "uses the operator CaseFoldUTF8, which TensorFlow 2.15.1 doesn't have" in first.finding.message
    assert "import tensorflow_text" in first.finding.fix


def test_an_older_tensorflow():
    first = examine("sick/savedmodel-operator-missing--older-tensorflow").findings[0]
    assert first.check.id == "savedmodel-operator-missing"
    assert "DisableCopyOnRead, which TensorFlow 2.8.4 doesn't have" in first.finding.message
    assert first.finding.fix.endswith("tensorflow==2.15.1")


def test_bounds_of_what_is_measured():
    model = files("sick/savedmodel-operator-missing--older-tensorflow")
    check = "savedmodel-operator-missing"
    assert ask(check, artifact=model, serving={"tensorflow": "2.9.3"}).status is Status.FOUND
    assert ask(check, artifact=model, serving={"tensorflow-cpu": "2.10.0"}).status is Status.UNKNOWN
    assert ask(check, artifact=model, serving={"tensorflow": "2.10.1"}).status is Status.CLEAR
    assert ask(check, artifact=model, serving={"tensorflow": "2.30.0"}).status is Status.CLEAR
    assert ask(check, artifact=model, serving={"numpy": "1.26.4"}).status is Status.CLEAR


def test_the_package_imported():
    model = files("healthy/savedmodel-operator-imported")
    assert ask("savedmodel-operator-missing", artifact=model, serving={"tensorflow": "2.15.1"}).status is Status.CLEAR


def test_a_package_that_might_register_it():
    model = files("sick/savedmodel-operator-missing")
    model["code/inference.py"] = b"import keras_nlp\n" + model["code/inference.py"]
    outcome = ask("savedmodel-operator-missing", artifact=model, serving={"tensorflow": "2.15.1"})
    assert outcome.status is Status.UNKNOWN
