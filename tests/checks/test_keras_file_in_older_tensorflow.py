"""keras-file-in-older-tensorflow: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

COMPILED = FIXTURES / "sick/keras-file-in-older-tensorflow/model"


def test_names_the_optimizer():
    first = examine("sick/keras-file-in-older-tensorflow").findings[0]
    assert first.check.id == "keras-file-in-older-tensorflow"
    assert "refuses the optimizer Adam in it: weight_decay" in first.finding.message
    assert first.finding.fix == "load_model('model.h5', compile=False)"


def test_names_a_layer_that_is_new():
    first = examine("sick/keras-file-in-older-tensorflow--new-layer").findings[0]
    assert first.check.id == "keras-file-in-older-tensorflow"
    assert "UnitNormalization" in first.finding.message
    assert "tensorflow 2.8.4" in first.finding.message


def test_2_11_has_the_new_optimizers():
    files = {p.relative_to(COMPILED).as_posix(): p.read_bytes() for p in COMPILED.rglob("*.*")}
    outcome = ask("keras-file-in-older-tensorflow", artifact=files, serving={"tensorflow": "2.11.1"})
    assert outcome.status is Status.CLEAR


def test_a_version_that_was_not_measured_is_unknown():
    files = {"model.h5": (COMPILED / "model.h5").read_bytes()}
    outcome = ask("keras-file-in-older-tensorflow", artifact=files, serving={"tensorflow": "2.3.0"})
    assert outcome.status is Status.UNKNOWN


def test_2_10_to_2_8_works_without_new_layers():
    assert not [f for f in examine("healthy/keras-h5-of-2-10-in-2-8").findings if f.check.severity > 1]
