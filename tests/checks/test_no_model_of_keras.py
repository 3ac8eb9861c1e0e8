"""no-model-of-keras: what is at the path is said, and what may be a model stays clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

KERAS_2 = {"tensorflow-cpu": "2.15.1", "keras": "2.15.0"}
TFLITE = files("sick/no-model-of-keras--tflite")["model.tflite"]


@pytest.mark.parametrize(
    ("fixture", "said", "log"),
    [
        ("no-model-of-keras", "given export, which is a folder without a saved_model.pb", "SavedModel file does not"),
        ("no-model-of-keras--tflite", "model.tflite, which is a TensorFlow Lite model", "File format not supported"),
        ("no-model-of-keras--model-folder", "the model folder itself, which is a folder", "SavedModel file does not"),
        ("no-model-of-keras--frozen-graph", "a graph alone (GraphDef) of 6 operators", "file signature not found"),
    ],
)
def test_says_what_is_there(fixture, said, log):
    first = examine(f"sick/{fixture}").findings[0]
    assert first.check.id == "no-model-of-keras"
    assert said in first.finding.message
    assert log in first.finding.log


def script(call: str) -> str:
    return f"import os\nimport tensorflow as tf\n\ndef model_fn(model_dir):\n    {call}\n"


def test_a_checkpoint_by_its_prefix():
    index = files("healthy/keras-checkpoint-in-keras-2")["checkpoints/cp.ckpt.index"]
    call = 'return tf.keras.models.load_model(os.path.join(model_dir, "cp.ckpt"))'
    found = ask(
        "no-model-of-keras", artifact={"cp.ckpt.index": index, "code/inference.py": script(call)}, serving=KERAS_2
    )
    assert "a checkpoint: 2 variables" in found.findings[0].message
    assert found.findings[0].log == "OSError: No file or directory found at /opt/ml/model/cp.ckpt"


def test_the_file_in_the_folder_is_named():
    call = "return tf.keras.models.load_model(model_dir)"
    artifact = {"net/1/saved_model.pb": b"", "code/inference.py": script(call)}
    found = ask("no-model-of-keras", artifact=artifact, serving=KERAS_2)
    assert found.findings[0].fix == 'load "/opt/ml/model/net/1"'


@pytest.mark.parametrize(
    "call",
    [
        'return tf.lite.Interpreter(os.path.join(model_dir, "m.tflite"))',
        "try:\n        return tf.keras.models.load_model(model_dir)\n    except OSError:\n        return None",
        'if os.path.exists("x"):\n        return tf.keras.models.load_model(model_dir)',
        'return tf.keras.models.load_model(os.path.join(model_dir, os.environ["NAME"]))',
    ],
)
def test_clear_where_it_may_work(call):
    artifact = {"m.tflite": TFLITE, "code/inference.py": script(call)}
    assert ask("no-model-of-keras", artifact=artifact, serving=KERAS_2).status is Status.CLEAR
