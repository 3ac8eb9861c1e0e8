"""
Small models, one of each framework, and the handlers that load them.

Run by the interpreter of an environment that has the framework: ``python round_trip_models.py NAME FOLDER`` writes an
artifact into an empty folder. No framework is imported but the one that is asked for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HANDLER = "code/inference.py"


def sklearn_pipeline(folder: Path) -> None:
    import joblib
    import numpy as np
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.random.RandomState(0).rand(60, 4)
    steps = make_pipeline(
        ColumnTransformer([("scale", StandardScaler(), [0, 1, 2])], remainder="passthrough"),
        RandomForestClassifier(5, random_state=0),
    )
    joblib.dump(steps.fit(rows, rows[:, 0] > 0.5), at(folder, "model.joblib"))
    write(folder, HANDLER, LOADS_JOBLIB)


def pickled_closure(folder: Path) -> None:
    """A lambda in a pipeline: cloudpickle takes it along, pickle and joblib don't."""
    import cloudpickle
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    rows = np.random.RandomState(0).rand(60, 4)
    steps = make_pipeline(FunctionTransformer(lambda x: np.log1p(x) * 2), LogisticRegression())
    Path(at(folder, "model.pkl")).write_bytes(cloudpickle.dumps(steps.fit(rows, rows[:, 0] > 0.5)))
    write(folder, HANDLER, LOADS_PICKLE)


def plain_pickle(folder: Path) -> None:
    import pickle

    write(folder, "code/rules.py", RULES)
    sys.path.insert(0, str(folder / "code"))
    from rules import Rules

    Path(at(folder, "model.pkl")).write_bytes(pickle.dumps(Rules({"a": 1.5, "b": float("nan")})))
    write(folder, HANDLER, LOADS_PICKLE)


def torch_module(folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    made = net(folder, NET)(6, 3)
    torch.save(made.state_dict(), at(folder, "net.pth"))
    write(folder, HANDLER, LOADS_STATE)


def torch_bfloat16(folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    made = net(folder, NET)(6, 3).to(torch.bfloat16)
    torch.save(made.state_dict(), at(folder, "net.pth"))
    write(folder, HANDLER, LOADS_STATE.replace("Net(6, 3)", "Net(6, 3).to(torch.bfloat16)"))


def torchscript(folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    torch.jit.script(net(folder, NET)(6, 3).eval()).save(at(folder, "model.pt"))


def torch_exported(folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    made = net(folder, NET)(6, 3).eval()
    torch.export.save(torch.export.export(made, (torch.zeros(2, 6),)), at(folder, "model.pt2"))
    write(folder, HANDLER, LOADS_EXPORTED)


def torch_quantized(folder: Path) -> None:
    """Quantized after it was made: its state dict fits no module that the class makes."""
    import torch

    torch.manual_seed(0)
    made = net(folder, PLAIN_NET)()
    torch.save(made.state_dict(), at(folder, "net.pth"))
    write(folder, HANDLER, QUANTIZES)


def keras_model(folder: Path) -> None:
    import keras

    keras.utils.set_random_seed(0)
    tokens, numbers = keras.Input((None, 3), name="series"), keras.Input((2,), name="static")
    joined = keras.layers.Concatenate()([keras.layers.LSTM(4)(tokens), numbers])
    model = keras.Model([tokens, numbers], keras.layers.Dense(1)(keras.layers.BatchNormalization()(joined)))
    model.save(at(folder, "model.keras"))
    write(folder, HANDLER, LOADS_KERAS)


def keras_without_config(folder: Path) -> None:
    """A layer with an argument and no get_config: it is built and filled, and can't be saved whole."""
    write(folder, "code/layers.py", LAYERS)
    sys.path.insert(0, str(folder / "code"))
    from layers import built

    built().save_weights(at(folder, "model.weights.h5"))
    write(folder, HANDLER, BUILDS_KERAS)


def tensorflow_savedmodel(folder: Path) -> None:
    import tensorflow as tf

    class Line(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.slope = tf.Variable([[1.5], [2.0]], name="slope")
            self.offset = tf.Variable([0.25], name="offset")

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="rows")])
        def serve(self, rows: Any) -> Any:
            return {"score": rows @ self.slope + self.offset}

    made = Line()
    tf.saved_model.save(made, at(folder, "line/1"), signatures={"serving_default": made.serve})


def xgboost_booster(folder: Path) -> None:
    booster().save_model(at(folder, "model.json"))


def xgboost_wrapper(folder: Path) -> None:
    import numpy as np
    import xgboost

    rows = np.random.RandomState(0).rand(60, 4)
    made = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(rows, (rows[:, 0] > 0.5).astype(int))
    made.save_model(at(folder, "model.json"))
    write(folder, HANDLER, LOADS_XGBOOST)


def booster() -> Any:
    import numpy as np
    import xgboost

    rows = np.random.RandomState(0).rand(60, 4)
    return xgboost.train({"max_depth": 2}, xgboost.DMatrix(rows, rows[:, 0]), 3)


def lightgbm_booster(folder: Path) -> None:
    import lightgbm
    import numpy as np

    rows = np.random.RandomState(0).rand(200, 4)
    made = lightgbm.train({"verbose": -1, "num_leaves": 4}, lightgbm.Dataset(rows, rows[:, 0]), 3)
    made.save_model(at(folder, "model.txt"))
    write(folder, HANDLER, LOADS_LIGHTGBM)


def catboost_model(folder: Path) -> None:
    import catboost
    import numpy as np

    rows = np.random.RandomState(0).rand(60, 4)
    made = catboost.CatBoostRegressor(iterations=3, depth=2, verbose=False, allow_writing_files=False)
    made.fit(rows, rows[:, 0])
    made.save_model(at(folder, "model.cbm"))
    write(folder, HANDLER, LOADS_CATBOOST)


def onnx_session(folder: Path) -> None:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.random.RandomState(0).rand(4, 2).astype("float32"), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["rows", "weights"], ["scores"])],
        "line",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, at(folder, "model.onnx"))
    write(folder, HANDLER, LOADS_ONNX)


def transformers_pipeline(folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "a"]
    write(folder, "vocab.txt", "\n".join(words))
    BertTokenizer(at(folder, "vocab.txt")).save_pretrained(str(folder))
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertForSequenceClassification(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(str(folder))


def mlflow_model(folder: Path) -> None:
    import mlflow.sklearn
    import numpy as np
    from sklearn.linear_model import LinearRegression

    rows = np.random.RandomState(0).rand(60, 4)
    mlflow.sklearn.save_model(
        LinearRegression().fit(rows, rows[:, 0]), str(folder / "m"), pip_requirements=[], input_example=rows[:2]
    )
    for path in (folder / "m").iterdir():
        path.rename(folder / path.name)
    (folder / "m").rmdir()


def at(folder: Path, name: str) -> str:
    """Return the path of a file that is to be written."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return str(path)


def write(folder: Path, name: str, text: str) -> None:
    Path(at(folder, name)).write_text(text, "utf-8")


def net(folder: Path, source: str) -> Any:
    """Return the class of a network, which TorchScript wants to see in a file."""
    write(folder, "code/net.py", source)
    sys.path.insert(0, str(folder / "code"))
    import net as module

    return module.Net


LOADS_JOBLIB = """import os

import joblib


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""
LOADS_PICKLE = """import os
import pickle


def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)
"""
RULES = """class Rules:
    def __init__(self, weights):
        self.weights = weights

    def predict(self, rows):
        return [self.weights["a"] * row for row in rows]
"""
NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.first = nn.Linear(inside, 8)
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(8, outside)

    def forward(self, x: torch.Tensor):
        return self.last(self.drop(torch.relu(self.norm(self.first(x)))))
"""
PLAIN_NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        return self.fc(x)
"""
LOADS_STATE = """import os

import torch
from net import Net


def model_fn(model_dir):
    model = Net(6, 3)
    model.load_state_dict(torch.load(os.path.join(model_dir, "net.pth"), map_location="cpu"))
    return model.eval()
"""
QUANTIZES = """import os

import torch
from net import Net


def model_fn(model_dir):
    model = Net()
    model.load_state_dict(torch.load(os.path.join(model_dir, "net.pth"), map_location="cpu"))
    return torch.ao.quantization.quantize_dynamic(model.eval(), {torch.nn.Linear}, dtype=torch.qint8)
"""
LOADS_EXPORTED = """import os

import torch


def model_fn(model_dir):
    return torch.export.load(os.path.join(model_dir, "model.pt2"))
"""
LOADS_KERAS = """import os

import keras


def model_fn(model_dir):
    return keras.models.load_model(os.path.join(model_dir, "model.keras"))
"""
LAYERS = """import keras
import numpy as np


class Table(keras.layers.Layer):
    def __init__(self, values, **kwargs):
        super().__init__(**kwargs)
        self.values = np.asarray(values, "float32")
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, x):
        return x * self.values * self.scale


def built():
    given = keras.Input((3,))
    return keras.Model(given, keras.layers.Dense(2)(Table(np.arange(3))(given)))
"""
BUILDS_KERAS = """import os

from layers import built


def model_fn(model_dir):
    model = built()
    model.load_weights(os.path.join(model_dir, "model.weights.h5"))
    return model
"""
LOADS_XGBOOST = """import os

import xgboost


def model_fn(model_dir):
    model = xgboost.XGBClassifier()
    model.load_model(os.path.join(model_dir, "model.json"))
    return model
"""
LOADS_LIGHTGBM = """import os

import lightgbm


def model_fn(model_dir):
    return lightgbm.Booster(model_file=os.path.join(model_dir, "model.txt"))
"""
LOADS_CATBOOST = """import os

import catboost


def model_fn(model_dir):
    return catboost.CatBoostRegressor().load_model(os.path.join(model_dir, "model.cbm"))
"""
LOADS_ONNX = """import os

import onnxruntime


def model_fn(model_dir):
    return onnxruntime.InferenceSession(os.path.join(model_dir, "model.onnx"), providers=["CPUExecutionProvider"])
"""

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    globals()[sys.argv[1]](Path(sys.argv[2]))
