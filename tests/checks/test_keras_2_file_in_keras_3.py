"""keras-2-file-in-keras-3: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

FUNCTIONAL = FIXTURES / "sick/keras-2-file-in-keras-3/model"
DENSE = (FIXTURES / "sick/keras-zip-of-another-keras-2/model/model.keras").read_bytes()
SCRIPT = (FUNCTIONAL / "code/inference.py").read_text()
KERAS_3 = {"tensorflow": "2.18.0", "keras": "3.8.0"}


def files(model: bytes, script: str = SCRIPT) -> dict:
    return {"model.keras": model, "code/inference.py": script}


def test_names_the_layer_and_both_versions():
    first = examine("sick/keras-2-file-in-keras-3").findings[0]
    assert first.check.id == "keras-2-file-in-keras-3"
    assert "saved by Keras 2.15.0; Keras 3.15.1 refuses Functional 'model'" in first.finding.message
    assert first.finding.evidence[2].where == "artifact:code/inference.py:11"


def test_a_sequential_model_fails_at_one_layer():
    first = examine("sick/keras-2-file-in-keras-3--batch-normalization").findings[0]
    assert first.check.id == "keras-2-file-in-keras-3"
    assert "BatchNormalization" in first.finding.message


def test_dense_layers_are_read():
    assert ask("keras-2-file-in-keras-3", artifact=files(DENSE), serving=KERAS_3).status is Status.CLEAR


def test_legacy_keras_reads_it():
    model = (FUNCTIONAL / "model.keras").read_bytes()
    serving = {**KERAS_3, "tf-keras": "2.18.0"}
    legacy = {"TF_USE_LEGACY_KERAS": "1"}
    outcome = ask("keras-2-file-in-keras-3", artifact=files(model), serving=serving, env=legacy)
    assert outcome.status is Status.CLEAR
    by_code = files(model, f'import os\n\nos.environ["TF_USE_LEGACY_KERAS"] = "1"\n{SCRIPT}')
    assert ask("keras-2-file-in-keras-3", artifact=by_code, serving=serving).status is Status.CLEAR
    assert ask("keras-2-file-in-keras-3", artifact=files(model), serving=serving).status is Status.FOUND


def test_tensorflow_2_16_without_its_keras_named_is_keras_3():
    model = (FUNCTIONAL / "model.keras").read_bytes()
    outcome = ask("keras-2-file-in-keras-3", artifact=files(model), serving={"tensorflow": "2.16.1"}, complete=False)
    assert "Keras 3 (tensorflow 2.16.1)" in outcome.findings[0].message
