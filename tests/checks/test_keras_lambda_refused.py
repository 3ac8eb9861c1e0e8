"""keras-lambda-refused: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

SICK = FIXTURES / "sick/keras-lambda-refused/model"
MODEL, SCRIPT = (SICK / "model.keras").read_bytes(), (SICK / "code/inference.py").read_text()


def test_names_the_layer():
    first = examine("sick/keras-lambda-refused").findings[0]
    assert first.check.id == "keras-lambda-refused"
    assert "'lambda'" in first.finding.message
    assert "safe_mode=False" in first.finding.fix


@pytest.mark.parametrize(
    "script",
    [
        SCRIPT.replace('"model.keras")', '"model.keras"), safe_mode=False'),
        SCRIPT.replace("def model_fn", "tf.keras.config.enable_unsafe_deserialization()\n\n\ndef model_fn"),
    ],
)
def test_a_handler_that_allows_it(script):
    files = {"model.keras": MODEL, "code/inference.py": script}
    assert ask("keras-lambda-refused", artifact=files, serving={"keras": "3.15.1"}).status is Status.CLEAR


@pytest.mark.parametrize(
    ("keras", "says"),
    [
        ("3.3.3", "The `{arg_name}` of this `Lambda` layer is a Python lambda."),
        ("3.6.0", "The `{arg_name}` of this `Lambda` layer is a Python lambda."),
        ("3.10.0", "The `function` of this `Lambda` layer is a Python lambda."),
        ("3.13.2", "Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda."),
    ],
)
def test_says_what_the_version_says(keras, says):
    files = {"model.keras": MODEL, "code/inference.py": SCRIPT}
    assert says in ask("keras-lambda-refused", artifact=files, serving={"keras": keras}).findings[0].log


def test_tensorflow_2_15_loads_it_from_hdf5():
    assert not [f for f in examine("healthy/keras-h5-lambda-in-2-15").findings if f.check.severity > 1]
