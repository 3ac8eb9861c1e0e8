"""keras-h5-in-keras-3: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

SHORT = FIXTURES / "sick/keras-h5-in-keras-3--short-loss/model"
KERAS_3 = {"tensorflow": "2.19.0", "keras": "3.10.0"}


def test_a_recurrent_layer_in_a_wrapper():
    first = examine("sick/keras-h5-in-keras-3").findings[0]
    assert first.check.id == "keras-h5-in-keras-3"
    assert "LSTM 'lstm'" in first.finding.message
    assert "time_major" in first.finding.message


def test_a_depthwise_convolution():
    first = examine("sick/keras-h5-in-keras-3--depthwise").findings[0]
    assert (first.check.id, "groups" in first.finding.message) == ("keras-h5-in-keras-3", True)


def test_an_initializer_that_keras_3_3_does_not_know():
    first = examine("sick/keras-h5-in-keras-3--initializer").findings[0]
    assert first.check.id == "keras-h5-in-keras-3"
    assert "Keras 3.3.3 refuses Dense 'dense' in it (Orthogonal, which" in first.finding.message
    files = {"model.h5": (FIXTURES / "sick/keras-h5-in-keras-3--initializer/model/model.h5").read_bytes()}
    assert ask("keras-h5-in-keras-3", artifact=files, serving=KERAS_3).status is Status.CLEAR


def test_a_loss_by_its_short_name_even_from_keras_3():
    first = examine("sick/keras-h5-in-keras-3--short-loss").findings[0]
    assert first.check.id == "keras-h5-in-keras-3"
    assert "the loss 'mse'" in first.finding.message
    assert first.finding.fix == "load_model('model.h5', compile=False)"


@pytest.mark.parametrize(
    ("keras", "says"),
    [
        ("3.3.3", "TypeError: Could not locate function 'mse'."),
        ("3.10.0", "TypeError: Could not locate function 'mse'."),
        ("3.13.2", "ValueError: Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass"),
    ],
)
def test_says_what_the_version_says(keras, says):
    files = {n: (SHORT / n).read_bytes() for n in ("model.h5", "code/inference.py")}
    found = ask("keras-h5-in-keras-3", artifact=files, serving={"keras": keras}).findings[0]
    assert found.log.startswith(says)


def test_without_compiling_the_loss_does_not_matter():
    script = (SHORT / "code/inference.py").read_text().replace('"model.h5")', '"model.h5"), compile=False')
    files = {"model.h5": (SHORT / "model.h5").read_bytes(), "code/inference.py": script}
    assert ask("keras-h5-in-keras-3", artifact=files, serving=KERAS_3).status is Status.CLEAR


def test_keras_2_reads_its_own():
    files = {"model.h5": (FIXTURES / "sick/keras-h5-in-keras-3/model/model.h5").read_bytes()}
    assert ask("keras-h5-in-keras-3", artifact=files, serving={"tensorflow": "2.15.1"}).status is Status.CLEAR
