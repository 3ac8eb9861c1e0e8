"""
Models of many kinds, for what the probe finds out about them; run by the interpreter of an environment.

    python shape_models.py discover [torch | sklearn]    JSON: what each takes, as it is and as TorchScript
    python shape_models.py write NAME FOLDER             one artifact, saved as a stranger would
"""

import io
import json
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))


def torch_models():  # noqa: C901 -- many small models
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self, forward, **layers):
            super().__init__()
            for name, layer in layers.items():
                setattr(self, name, layer)
            self._forward = forward

    def network(forward, **layers):
        return type("Made", (Network,), {"forward": forward})(forward, **layers)

    def two(self, price, volume):
        first, _ = self.a(price)
        second, _ = self.b(volume)
        joined = torch.cat([first[:, -1], second[:, -1]], 1)
        return self.level(joined), self.kind(joined)

    def joined(self, price, volume):
        states, _ = self.a(torch.cat((price, volume), 2))
        return self.level(states[:, -1])

    def digits(self, x):
        x = torch.max_pool2d(torch.relu(self.one(x)), 2)
        x = torch.max_pool2d(torch.relu(self.two(x)), 2)
        return self.out(x.view(x.size(0), -1))

    def branching(self, ids, lengths=None):
        if ids.dim() != 2:
            raise ValueError("ids must have two dimensions")
        _, last = self.gru(self.embed(ids).transpose(0, 1))
        return self.out(last[-1])

    def positions(self, x):
        return self.out(torch.relu(x + self.position).mean(1))

    def rating(self, user, item):
        return self.out(torch.cat([self.users(user), self.items(item)], -1))

    def mixed(self, kind, numbers):
        return self.out(torch.cat([self.kinds(kind), numbers], -1))

    def by_key(self, batch):
        return self.a(batch["left"]) + self.b(batch["right"])

    def unpacked(self, inputs):
        left, right = inputs
        return self.a(left) + self.b(right)

    def convolved(self, x):
        return self.out(torch.relu(self.conv(x.permute(0, 2, 1))).flatten(1))

    def halves(self, x):
        small = self.up(torch.max_pool2d(x, 4))
        return self.out(torch.cat([x, small], 1))

    position = torch.zeros(1, 50, 32)
    torch.manual_seed(0)
    lstm = {"level": nn.Linear(24, 1), "kind": nn.Linear(24, 3)}
    return {
        "two": network(two, a=nn.LSTM(10, 16, batch_first=True), b=nn.LSTM(5, 8, batch_first=True), **lstm),
        "joined": network(joined, a=nn.LSTM(10, 16, batch_first=True), level=nn.Linear(16, 1)),
        "digits": network(digits, one=nn.Conv2d(1, 8, 5), two=nn.Conv2d(8, 16, 5), out=nn.Linear(256, 10)),
        "branching": network(branching, embed=nn.Embedding(100, 12), gru=nn.GRU(12, 6), out=nn.Linear(6, 2)),
        "positions": network(positions, position=nn.Parameter(position), out=nn.Linear(32, 2)),
        "rating": network(rating, users=nn.Embedding(100, 8), items=nn.Embedding(300, 8), out=nn.Linear(16, 1)),
        "mixed": network(mixed, kinds=nn.Embedding(30, 8), out=nn.Linear(12, 1)),
        "by_key": network(by_key, a=nn.Linear(7, 8), b=nn.Linear(3, 8)),
        "unpacked": network(unpacked, a=nn.Linear(7, 8), b=nn.Linear(3, 8)),
        "convolved": network(convolved, conv=nn.Conv1d(6, 8, 3), out=nn.Linear(8 * 22, 2)),
        "halves": network(halves, up=nn.Upsample(scale_factor=4), out=nn.Conv2d(6, 1, 1)),
        "flattened": nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
        "pooled": nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)),
        "attention": nn.TransformerEncoderLayer(32, 4, 64, batch_first=True),
        "recurrent": nn.LSTM(3, 4),
        "half": nn.Linear(5, 2).to(torch.bfloat16),
    }


def scripted(model, values):
    import torch

    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(model, tuple(values), check_trace=False), buffer)
    buffer.seek(0)
    return torch.jit.load(buffer)


def sklearn_models():
    import numpy as np
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = np.random.RandomState(0).rand(40, 3)
    colours = np.array([["red"], ["green"], ["blue"], ["red"]] * 10, dtype=object)
    table = np.hstack([numbers.astype(object), colours])
    labels = np.arange(40) % 2
    by_column = ColumnTransformer([("scale", StandardScaler(), [0, 1, 2]), ("encode", OneHotEncoder(), [3])])
    texts = ["good work", "bad work", "good", "bad"] * 10
    forest = RandomForestClassifier(3, random_state=0).fit(numbers, labels)
    return {
        "forest": forest,
        "columns": make_pipeline(by_column, LogisticRegression()).fit(table, labels),
        "texts": make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels),
        "search": GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(numbers, labels),
        "scaler": StandardScaler().fit(numbers),
        "with_scaler": {"scaler": StandardScaler().fit(numbers), "model": forest},
        "several": {"scaler": StandardScaler().fit(numbers), "models": [forest, forest]},
        "unfitted": RandomForestClassifier(),
        "words": ["a", "b"],
    }


def told(model):
    from doctor.trials.probe import arrays, calling, inputs

    try:
        found = inputs.of_model(model)
        answer = calling.call(model, inputs.example(found, 2))
    except inputs.NotFound as reason:
        return {"found": False, "reason": str(reason)}
    said = [
        {"name": i.name, "dtype": i.dtype, "kind": i.kind, "means": list(i.means), "sizes": list(i.sizes)}
        for i in found.inputs
    ]
    shapes = [row["shape"] for row in arrays.describe(answer)]
    return {"found": True, "inputs": said, "source": found.source, "outputs": shapes, "envelope": found.envelope}


def discover(kind):
    if kind == "sklearn":
        return {name: told(model) for name, model in sklearn_models().items()}
    from doctor.trials.probe import calling, inputs

    out = {}
    for name, model in torch_models().items():
        model.eval()
        out[name] = told(model)
        if name in {"two", "joined", "digits", "rating", "convolved", "pooled", "flattened", "branching"}:
            example = inputs.example(inputs.of_model(model), 2)
            values = [calling.to_torch(v, model) for v in example.values]
            out[name + " traced"] = told(scripted(model, values))
    return out


HANDLER = """
import os

import torch


class Demand(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(8, 16, batch_first=True)
        self.level = torch.nn.Linear(16, 1)
        self.kind = torch.nn.Linear(16, 3)

    def forward(self, sales, weather):
        states, _ = self.lstm(torch.cat((sales, weather), dim=2))
        return {"level": self.level(states[:, -1]), "kind": self.kind(states)}


def model_fn(model_dir):
    model = Demand()
    model.load_state_dict(torch.load(os.path.join(model_dir, "demand.pth"), map_location="cpu"))
    return model.eval()
"""
KERAS = """
import os

import keras


def model_fn(model_dir):
    return keras.models.load_model(os.path.join(model_dir, "model.keras"))
"""


def lstm_state_dict(folder):
    import torch

    spaces = {}
    exec(HANDLER, spaces)
    torch.manual_seed(0)
    torch.save(spaces["Demand"]().state_dict(), folder / "demand.pth")
    handler(folder, HANDLER)


SCRIPTED = """
import torch


class Pair(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.LSTM(10, 16, batch_first=True)
        self.second = torch.nn.LSTM(5, 8, batch_first=True)
        self.level = torch.nn.Linear(24, 1)
        self.kind = torch.nn.Linear(24, 3)

    def forward(self, price, volume):
        first, _ = self.first(price)
        second, _ = self.second(volume)
        joined = torch.cat([first[:, -1], second[:, -1]], 1)
        return self.level(joined), self.kind(joined)
"""


def lstm_torchscript(folder):
    """A trace: the class can't be had any more, and its inputs are what its graph says."""
    import torch

    spaces = {}
    exec(SCRIPTED, spaces)
    torch.manual_seed(0)
    example = torch.rand(1, 7, 10), torch.rand(1, 9, 5)
    torch.jit.trace(spaces["Pair"]().eval(), example).save(str(folder / "model.pt"))


def lstm_keras(folder):
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    sales, weather = keras.Input((None, 5), name="sales"), keras.Input((None, 3), name="weather")
    states = layers.LSTM(16, return_sequences=True)(layers.Concatenate(axis=-1)([sales, weather]))
    last = layers.GlobalAveragePooling1D()(states)
    model = keras.Model([sales, weather], [layers.Dense(1, name="level")(last), layers.Dense(3, name="kind")(states)])
    model.save(str(folder / "model.keras"))
    handler(folder, KERAS)


def lstm_keras_apart(folder):
    import keras
    from keras import layers

    sales, weather = keras.Input((None, 5), name="sales"), keras.Input((None, 3), name="weather")
    joined = layers.Concatenate()([layers.LSTM(8)(sales), layers.LSTM(8)(weather)])
    model = keras.Model([sales, weather], [layers.Dense(1, name="level")(joined), layers.Dense(3, name="kind")(joined)])
    model.save(str(folder / "model.keras"))
    handler(folder, KERAS)


def forest(folder):
    import joblib

    joblib.dump(sklearn_models()["columns"], folder / "model.joblib")
    text = 'import os\n\nimport joblib\n\n\ndef model_fn(d):\n    return joblib.load(os.path.join(d, "model.joblib"))\n'
    handler(folder, text)


def handler(folder, text):
    (folder / "code").mkdir()
    (folder / "code" / "inference.py").write_text(textwrap.dedent(text).lstrip())


if __name__ == "__main__":
    if sys.argv[1] == "discover":
        sys.stdout.write(json.dumps(discover(sys.argv[2])))
    else:
        globals()[sys.argv[2]](Path(sys.argv[3]))
