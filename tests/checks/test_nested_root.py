"""nested-root: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/nested-root").findings[0]
    assert first.check.id == "nested-root"
    assert "my-model/" in first.finding.message
    assert "my-model/code/inference.py" in first.finding.message


def test_contents_packed():
    outcome = ask("nested-root", artifact={"code/inference.py": HANDLER, "line.json": "{}"})
    assert outcome.status is Status.CLEAR


def test_triton_wants_a_folder():
    outcome = ask("nested-root", artifact={"line/config.pbtxt": "", "line/1/model.onnx": b"x"})
    assert outcome.status is Status.CLEAR


def test_tensorflow_serving_wants_a_folder():
    outcome = ask("nested-root", artifact={"export/1/saved_model.pb": b"x", "export/1/variables/variables.index": b"x"})
    assert outcome.status is Status.CLEAR


def test_only_code():
    outcome = ask("nested-root", artifact={"code/inference.py": "x = 1"})
    assert outcome.status is Status.CLEAR


def test_named_by_a_variable():
    outcome = ask(
        "nested-root",
        artifact={"m/config.json": "{}", "m/model.safetensors": b"x"},
        env={"HF_MODEL_ID": "/opt/ml/model/m"},
    )
    assert outcome.status is Status.CLEAR


def test_a_hugging_face_model_in_a_folder():
    outcome = ask("nested-root", artifact={"bert/config.json": "{}", "bert/model.safetensors": b"x"})
    assert "bert/config.json" in outcome.findings[0].message
