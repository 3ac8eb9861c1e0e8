"""Keras and TensorFlow: models saved in every way that a version has, from TensorFlow 2.8 and Keras 2 on."""

from __future__ import annotations

from measurements.family import Env, Family, Served

_CALL = """\
import os

import tensorflow as tf
{classes}

def model_fn(model_dir):
{load}


def predict_fn(input_data, model):
    return {use}
"""
_REGISTERED = """
@tf.keras.utils.register_keras_serializable("mine")
class Registered(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2.0

"""
_BUILT = {
    "dense": 'tf.keras.layers.Dense(2, name="d")',
    "lstm": 'tf.keras.layers.LSTM(2, name="l")',
    "bn": 'tf.keras.layers.BatchNormalization(name="b")',
}
_SHAPE = {"lstm": "(3, 4)"}


def _served(name: str) -> Served:
    path = f'os.path.join(model_dir, "{name}")'
    classes, use = "", "model(input_data)"
    if name.startswith("weights-"):
        what = name.split("-")[1].partition(".")[0]
        layer = _BUILT[what]
        prefix = path.replace(".ckpt", ".ckpt/model")
        load = (
            f"    model = tf.keras.Sequential([tf.keras.Input({_SHAPE.get(what, '(4,)')}), {layer}])\n"
            f"    model.load_weights({prefix})\n    return model"
        )
    elif name.startswith(("export-", "tfsave-", "save-")) and not name.endswith("-keras"):
        load, use = f"    return tf.saved_model.load({path})", 'model.signatures["serving_default"](input_data)'
    else:
        compiled = ", compile=False" if name.startswith("uncompiled-") else ""
        load = f"    return tf.keras.models.load_model({path}{compiled})"
        classes = _REGISTERED if name.startswith("registered.") else ""
    return Served("pytorch", name, {"code/inference.py": _CALL.format(classes=classes, load=load, use=use)})


def _tensorflow(version: str, python: str, *others: str) -> Env:
    return Env(version, python, (f"tensorflow-cpu=={version}", *others))


def _keras(version: str) -> Env:
    pins = ("tensorflow-cpu==2.19.1", f"keras=={version}", "numpy==2.1.3")
    return Env(f"2.19.1+keras{version}", "3.11", pins, (("MEASURED_KERAS_ALONE", "1"),))


FAMILY = Family(
    name="keras",
    leading="tensorflow-cpu",
    environments=(
        _tensorflow("2.8.4", "3.10", "numpy==1.23.5", "protobuf==3.19.6"),
        _tensorflow("2.11.1", "3.10", "numpy==1.23.5"),
        _tensorflow("2.12.1", "3.10", "numpy==1.23.5"),
        _tensorflow("2.13.1", "3.10", "numpy==1.24.3"),
        _tensorflow("2.15.1", "3.11", "numpy==1.26.4"),
        _tensorflow("2.16.2", "3.11", "numpy==1.26.4", "keras==3.3.3"),
        _tensorflow("2.18.1", "3.11", "numpy==2.0.2", "keras==3.6.0"),
        _tensorflow("2.19.1", "3.11", "numpy==2.1.3", "keras==3.10.0"),
        _tensorflow("2.21.0", "3.11", "numpy==2.3.5", "keras==3.15.1"),
        _tensorflow("2.19.1", "3.11", "numpy==2.1.3", "keras==3.10.0", "tf_keras==2.19.0")._replace(
            name="2.19.1+legacy", variables=(("TF_USE_LEGACY_KERAS", "1"),)
        ),
        _keras("3.12.4"),
        _keras("3.13.2"),
        _keras("3.14.1"),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"tensorflow-cpu=={version}",)),
    together=True,
)
