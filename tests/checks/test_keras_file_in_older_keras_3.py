"""keras-file-in-older-keras-3: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "sick/keras-file-in-older-keras-3/model/model.keras").read_bytes()


def test_names_the_key_and_the_version_that_brought_it():
    first = examine("sick/keras-file-in-older-keras-3").findings[0]
    assert first.check.id == "keras-file-in-older-keras-3"
    assert "Keras 3.12.0 refuses Dense 'dense' in it: quantization_config, which Keras 3.13" in first.finding.message


def test_an_image_layer():
    first = examine("sick/keras-file-in-older-keras-3--resizing").findings[0]
    assert first.check.id == "keras-file-in-older-keras-3"
    assert "Keras 3.6.0 refuses Resizing 'resizing' in it: antialias, which Keras 3.9 brought" in first.finding.message


@pytest.mark.parametrize(
    ("version", "status"), [("3.14.0", Status.FOUND), ("3.15.1", Status.CLEAR), ("3.16.0", Status.CLEAR)]
)
def test_readers(version, status):
    outcome = ask("keras-file-in-older-keras-3", artifact={"model.keras": MODEL}, serving={"keras": version})
    assert outcome.status is status


def test_a_keras_3_of_unknown_version_is_unknown():
    files = {"model.keras": MODEL}
    outcome = ask("keras-file-in-older-keras-3", artifact=files, serving={"tensorflow": "2.18.0"}, complete=False)
    assert outcome.status is Status.UNKNOWN
