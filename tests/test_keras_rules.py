"""What versions of Keras 3 refuse of each other's files and of those of Keras 2."""

from __future__ import annotations

import pytest
from packaging.version import Version

from doctor.formats.kinds.keras import KerasFile, KerasObject
from doctor.keras_rules import by_keras_3, by_older_keras_3, worded

ORTHOGONAL = {"module": "keras.initializers", "class_name": "Orthogonal", "config": {"gain": 1.0}}


def keras_object(class_name: str, **config: object) -> KerasObject:
    return KerasObject(class_name, str(config.get("name", class_name.lower())), "keras.layers", "", config)


def keras_file(version: str, *layers: KerasObject) -> KerasFile:
    return KerasFile("model", version, layers=(keras_object("Sequential"), *layers))


@pytest.mark.parametrize(
    ("reader", "line"),
    [("3.2.0", "one"), ("3.3.3", "one"), ("3.12.3", "one"), ("3.12.4", "other"), ("3.13.2", "one"), (None, "other")],
)
def test_words_by_version(reader, line):
    rows = [["3.3", "one"], ["3.12.4", "other"], ["3.13", "one"], ["3.14", "other"]]
    assert worded(rows, Version(reader) if reader else None) == line
    assert worded("always", Version(reader) if reader else None) == "always"


@pytest.mark.parametrize(
    ("layer", "refuses", "reads"),
    [
        (keras_object("LSTM", recurrent_initializer=ORTHOGONAL), "3.3.3", "3.6.0"),
        (keras_object("MultiHeadAttention", seed=None), "3.3.3", "3.4.1"),
        (keras_object("RandomFlip", data_format="channels_last"), "3.5.0", "3.6.0"),
        (keras_object("Resizing", data_format="channels_last", antialias=False), "3.8.0", "3.9.2"),
        (keras_object("RandomContrast", value_range=[0, 255]), "3.7.0", "3.8.0"),
        (keras_object("GroupedQueryAttention", seed=None), "3.6.0", "3.7.0"),
        (keras_object("ZeroPadding1D", data_format="channels_last"), "3.3.3", "3.6.0"),
        (keras_object("Conv2D", lora_rank=2, lora_alpha=2), "3.9.2", "3.10.0"),
        (keras_object("Dense", quantization_config=None), "3.12.4", "3.13.2"),
    ],
)
def test_what_a_version_brought(layer, refuses, reads):
    file = keras_file("3.14.1", layer)
    found = by_older_keras_3(file, refuses, "hdf5")
    assert found is not None
    assert found.what.startswith(layer.class_name)
    assert by_older_keras_3(file, reads, "hdf5") is None


@pytest.mark.parametrize(
    "layer", [keras_object("Dropout", seed=None), keras_object("RandomBrightness", value_range=[0, 255])]
)
def test_keys_that_were_always_there_in_other_classes(layer):
    assert by_older_keras_3(keras_file("3.12.0", layer), "3.3.3", "keras") is None


@pytest.mark.parametrize(
    ("ends", "word", "says"),
    [
        (["input_layer", 0, 0], "hdf5", "get_tensor() takes 3 positional arguments but 11 were given"),
        (["input_layer", 0, 0], "keras", "could not be deserialized properly"),
        (["out", 0, 0], "keras", "AssertionError"),
    ],
)
def test_a_single_input_without_a_list_around_it(ends, word, says):
    file = KerasFile("model", "3.12.0", layers=(keras_object("Functional", input_layers=ends),))
    found = by_older_keras_3(file, "3.3.3", word)
    assert found is not None
    assert says in found.log
    assert by_older_keras_3(file, "3.4.1", word) is None
    listed = KerasFile("model", "3.12.0", layers=(keras_object("Functional", input_layers=[ends]),))
    assert by_older_keras_3(listed, "3.3.3", word) is None


def test_a_cell_is_made_before_its_layer():
    inner = {"module": "keras.layers", "class_name": "LSTMCell", "config": {"recurrent_initializer": ORTHOGONAL}}
    layers = (
        KerasObject("RNN", "rnn", "keras.layers", "", {"cell": inner, "time_major": False}),
        KerasObject("LSTMCell", "cell", "keras.layers", "", inner["config"]),
    )
    file = keras_file("2.15.0", *layers)
    assert next(by_keras_3(file, "hdf5", Version("3.3.3"))).what == "LSTMCell 'cell'"
    assert next(by_keras_3(file, "hdf5", Version("3.6.0"))).what == "RNN 'rnn'"
    assert next(by_keras_3(file, "hdf5", None)).what == "RNN 'rnn'"
