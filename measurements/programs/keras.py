"""Writes Keras models in every way that a version has, and loads and calls them. For TensorFlow 2.4 and later."""

import json
import os
import signal
import sys

from each import _told, apart, step

import numpy as np
import tensorflow as tf

K = tf.keras
L = K.layers
RELEASE = tuple(int(n) for n in tf.__version__.split(".")[:2])
LEGACY = os.environ.get("TF_USE_LEGACY_KERAS") == "1"
KERAS_3 = RELEASE >= (2, 16) and not LEGACY
ALONE = "MEASURED_KERAS_ALONE" in os.environ

WAITS, ENDLESS = 60, "no message: the load does not end"
FLAT, ROWS, IMAGE = (4,), (3, 4), (6, 6, 3)


@K.utils.register_keras_serializable("mine")
class Registered(L.Layer):
    """A layer that every reader has."""

    def call(self, inputs):
        return inputs * 2.0


def unregistered():
    """Return a layer of a class that no reader has."""

    class Own(L.Layer):
        def call(self, inputs):
            return inputs * 2.0

    Own.__module__ = "own"
    return row(FLAT, Own(), L.Dense(2))


def row(shape, *layers, **given):
    return K.Sequential([K.Input(shape, **given)] + list(layers))


def left_and_right():
    left, right = K.Input(FLAT, name="left"), K.Input(FLAT, name="right")
    both = L.Concatenate()([L.Dense(2)(left), L.Dense(2)(right)])
    return K.Model([left, right], L.Dense(1, name="out")(both))


def residual():
    start = K.Input(FLAT)
    return K.Model(start, L.Dense(2)(L.Add()([start, L.Dense(4)(start)])))


def arithmetic():
    start = K.Input(FLAT)
    return K.Model(start, L.Dense(2)(start) * 2.0 + 1.0)


def attending(kind):
    start = K.Input(ROWS)
    layer = L.MultiHeadAttention(2, 2) if kind == "heads" else L.Attention()
    return K.Model(start, layer(start, start) if kind == "heads" else layer([start, start]))


def nested():
    start = K.Input(FLAT)
    return K.Model(start, L.Dense(2)(row(FLAT, L.Dense(3))(start)))


def normalized():
    layer = L.Normalization()
    layer.adapt(np.arange(12, dtype="float32").reshape(3, 4))
    return row(FLAT, layer, L.Dense(2))


def text():
    layer = L.TextVectorization(max_tokens=9, output_sequence_length=3)
    layer.adapt(["a b c", "b c d"])
    return row((1,), layer, L.Embedding(9, 2), dtype="string")


def compiled(**given):
    model = row(FLAT, L.Dense(3, activation="softmax"))
    model.compile(**given)
    return model


def fitted():
    model = compiled(optimizer="adam", loss="mean_squared_error")
    model.train_on_batch(np.ones((2, 4), "float32"), np.ones((2, 3), "float32"))
    return model


MODELS = {
    "dense": lambda: row(FLAT, L.Dense(3, activation="relu"), L.Dense(2)),
    "without_input": lambda: K.Sequential([L.Dense(3, input_shape=FLAT), L.Dense(2)]),
    "bn": lambda: row(FLAT, L.BatchNormalization(), L.Dense(2)),
    "ln": lambda: row(FLAT, L.LayerNormalization(), L.Dense(2)),
    "gn": lambda: row(FLAT, L.GroupNormalization(2)),
    "conv": lambda: row(IMAGE, L.Conv2D(2, 3), L.MaxPooling2D(), L.Flatten(), L.Dropout(0.1), L.Dense(2)),
    "transpose": lambda: row(IMAGE, L.Conv2DTranspose(2, 2), L.UpSampling2D()),
    "depthwise": lambda: row(IMAGE, L.DepthwiseConv2D(2)),
    "separable": lambda: row(IMAGE, L.SeparableConv2D(2, 2)),
    "embedding": lambda: row((3,), L.Embedding(9, 2), L.GlobalAveragePooling1D()),
    "lstm": lambda: row(ROWS, L.LSTM(2)),
    "gru": lambda: row(ROWS, L.GRU(2)),
    "bidirectional": lambda: row(ROWS, L.Bidirectional(L.LSTM(2))),
    "distributed": lambda: row(ROWS, L.TimeDistributed(L.Dense(2))),
    "cell": lambda: row(ROWS, L.RNN(L.LSTMCell(2))),
    "heads": lambda: attending("heads"),
    "attention": lambda: attending("attention"),
    "two_inputs": left_and_right,
    "residual": residual,
    "arithmetic": arithmetic,
    "nested": nested,
    "lambda": lambda: row(FLAT, L.Lambda(lambda x: x * 2), L.Dense(2)),
    "unregistered": unregistered,
    "registered": lambda: row(FLAT, Registered(), L.Dense(2)),
    "normalization": normalized,
    "text": text,
    "lookup": lambda: row((1,), L.StringLookup(vocabulary=["a", "b"]), L.Embedding(5, 2), dtype="string"),
    "rescaling": lambda: row(IMAGE, L.Rescaling(1 / 255.0), L.Resizing(4, 4), L.RandomFlip(), L.Flatten(), L.Dense(2)),
    "mixed": lambda: row(FLAT, L.Dense(3, dtype="mixed_float16"), L.Dense(2, dtype="float32")),
    "activations": lambda: row(FLAT, L.Dense(3), L.LeakyReLU(), L.PReLU(), L.ReLU(6.0), L.Activation("swish")),
    "compiled-short": lambda: compiled(optimizer="adam", loss="mse", metrics=["mae"]),
    "compiled-long": lambda: compiled(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"]),
    "compiled-fitted": fitted,
    "compiled-objects": lambda: compiled(
        optimizer=K.optimizers.SGD(0.1), loss=K.losses.MeanSquaredError(), metrics=[K.metrics.MeanAbsoluteError()]
    ),
    "uncompiled-short": lambda: compiled(optimizer="adam", loss="mse", metrics=["mae"]),
}
NAMED = {"dense": (FLAT, L.Dense, "d"), "bn": (FLAT, L.BatchNormalization, "b"), "lstm": (ROWS, L.LSTM, "l")}
OBJECTS = [m + e for m in MODELS for e in (".h5", ".keras")] + ["default-dense.keras", "default-residual.keras"]
OBJECTS += ["weights-%s%s" % (n, e) for n in NAMED for e in (".h5", ".weights.h5")] + ["weights-dense.ckpt"]
OBJECTS += ["export-dense", "export-lstm", "tfsave-text", "save-conv"]
OBJECTS += ["%s-dense-by-keras" % w for w in ("export", "tfsave", "save")]
FOLDERS = ("export-", "tfsave-", "save-")


def sample(what):
    if what in ("text", "lookup"):
        return tf.constant([["a b" if what == "text" else "a"]])
    if what == "embedding":
        return tf.constant([[1, 2, 3]])
    shape = {
        **dict.fromkeys(("lstm", "gru", "bidirectional", "distributed", "cell", "heads", "attention"), ROWS),
        **dict.fromkeys(("conv", "transpose", "depthwise", "separable", "rescaling"), IMAGE),
    }.get(what, FLAT)
    return tf.ones((1,) + shape)


def layered(what):
    """Return the model whose weights alone are saved, as a handler builds it again."""
    shape, layer, name = NAMED[what]
    return row(shape, layer(name=name) if what == "bn" else layer(2, name=name))


def write(name, path):
    K.backend.clear_session()
    if ALONE and name.startswith(FOLDERS):
        return {"skip": "the same TensorFlow does it elsewhere"}
    if not can(name):
        return {"skip": "this version has no such way"}
    if name.startswith("weights-"):
        layered(name.split("-")[1].split(".")[0]).save_weights(path + "/model" * name.endswith(".ckpt"))
    elif name.startswith(FOLDERS):
        save(name.split("-")[0], MODELS[name.split("-")[1]](), path)
    else:
        model = MODELS[name.rpartition(".")[0].replace("default-", "")]()
        zipped = name.endswith(".keras") and not name.startswith("default-") and RELEASE < (2, 13)
        model.save(path, **({"save_format": "keras"} if zipped else {}))
    return {}


def can(name):
    if name.endswith(".keras") and not name.startswith("default-"):
        return RELEASE >= (2, 12)
    if name.startswith("export-"):
        return RELEASE >= (2, 13)
    return not (KERAS_3 and (name.startswith("save-") or name.endswith(".ckpt")))


def save(way, model, path):
    if way == "export":
        model.export(path, **({"verbose": False} if KERAS_3 and RELEASE > (2, 16) else {}))
    elif way == "tfsave":
        tf.saved_model.save(model, path)
    else:
        model.save(path, save_format="tf")


def read(name, path):
    if name.startswith("weights-"):
        return read_weights(name, path)
    if name.startswith(FOLDERS) and not name.endswith("-keras"):
        return {"skip": "the same TensorFlow does it elsewhere"} if ALONE else read_graph(name, path)
    what = name.rpartition(".")[0].replace("default-", "") or "dense"
    model = step("load", lambda: K.models.load_model(path, **({"compile": False} if "uncompiled" in name else {})))
    x = sample(what)
    step("predict", model, [x, x] if what == "two_inputs" else x)
    return {}


def read_weights(name, path):
    model = layered(name.split("-")[1].split(".")[0])
    step("load", lambda: finished(model.load_weights(path + "/model" * name.endswith(".ckpt"))))
    return {}


def read_graph(name, path):
    signature = step("load", tf.saved_model.load, path).signatures["serving_default"]
    given = next(iter(signature.structured_input_signature[1]))
    step("predict", lambda: signature(**{given: sample(name.split("-")[1])}))
    return {}


def finished(status):
    if hasattr(status, "assert_existing_objects_matched"):
        status.assert_existing_objects_matched()


def all_of(mode, folder):
    """Do a folder's objects in one process; where that dies, each in its own."""
    function = write if mode == "write" else read
    os.makedirs(folder, exist_ok=True)
    names = OBJECTS if mode == "write" else sorted(os.listdir(folder))

    def one(name):
        signal.alarm(WAITS)  # it would hang the others as well
        K.backend.clear_session()
        return _told(lambda: function(name, os.path.join(folder, name)))

    said = apart(lambda: {"all": {n: one(n) for n in names}}, seconds=WAITS)
    if "all" in said:
        return said["all"]
    return {n: ended(apart(lambda n=n: function(n, os.path.join(folder, n)), seconds=WAITS)) for n in names}


def ended(said):
    """Say of what was stopped that it did not end."""
    return dict(said, error=ENDLESS) if said.get("error") == "killed by signal %d" % signal.SIGALRM else said


def main():
    mode, folders = sys.argv[1], sys.argv[2:]
    results = {f: all_of(mode, f) for f in folders}
    print(json.dumps(results if len(folders) > 1 else results[folders[0]]))


if __name__ == "__main__":
    main()
