"""
The models of ``benchmarks/host_memory.py``, made and served with the real libraries of the interpreter that runs this.

``python host_models.py make NAME FOLDER`` writes an artifact; ``python host_models.py serve FOLDER`` does what a worker
process does: imports its code/inference.py, loads the model and predicts once. Nothing of doctor is imported.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

ROWS = 200_000


def torch_net(width: int, layers: int) -> str:
    """Return the code of a network of linear layers."""
    return (
        "import torch\nfrom torch import nn\n\n\n"
        "def net():\n"
        f"    return nn.Sequential(*[nn.Linear({width}, {width}) for _ in range({layers})])\n\n\n"
        "def predict_fn(data, model):\n    with torch.inference_mode():\n"
        f"        return model(torch.zeros(4, {width}))\n"
    )


def state_dict(folder: Path) -> str:
    """A state dict that is copied into a module made before: 419 MB."""
    code = torch_net(4096, 6)
    space: dict = {}
    exec(code, space)
    space["torch"].save(space["net"]().state_dict(), folder / "model.pt")
    return (
        code
        + "\n\ndef model_fn(model_dir):\n    model = net()\n    state = torch.load(f'{model_dir}/model.pt')\n"
        + "    model.load_state_dict(state)\n    return model.eval()\n"
    )


def whole_module(folder: Path) -> str:
    """A whole module, pickled: 336 MB."""
    import torch
    from torch import nn

    torch.save(nn.Sequential(*[nn.Conv2d(1024, 1024, 3) for _ in range(8)], nn.Linear(2048, 4096)), folder / "model.pt")
    return (
        "import torch\n\n\ndef model_fn(model_dir):\n"
        "    return torch.load(f'{model_dir}/model.pt', weights_only=False).eval()\n\n\n"
        "def predict_fn(data, model):\n    with torch.inference_mode():\n"
        "        return model[-1](torch.zeros(4, 2048))\n"
    )


def torchscript(folder: Path) -> str:
    """A TorchScript archive: 268 MB."""
    import torch
    from torch import nn

    net = nn.Sequential(nn.Embedding(60_000, 1024), nn.Linear(1024, 4096), nn.GELU(), nn.Linear(4096, 1024))
    torch.jit.script(net).save(str(folder / "model.pth"))
    return (
        "import torch\n\n\ndef model_fn(model_dir):\n    return torch.jit.load(f'{model_dir}/model.pth').eval()\n\n\n"
        "def predict_fn(data, model):\n    with torch.inference_mode():\n"
        "        return model(torch.zeros(2, 16, dtype=torch.long))\n"
    )


def bert(folder: Path) -> str:
    """A BERT in safetensors, loaded as it is stored: 438 MB."""
    from transformers import BertConfig, BertModel

    BertModel(BertConfig()).save_pretrained(folder)
    return (
        "import torch\nfrom transformers import AutoModel\n\n\ndef model_fn(model_dir):\n"
        "    return AutoModel.from_pretrained(model_dir)\n\n\n"
        "def predict_fn(data, model):\n    with torch.inference_mode():\n"
        "        return model(torch.zeros(1, 32, dtype=torch.long))\n"
    )


def gpt2_half(folder: Path) -> str:
    """A GPT-2 stored in float32 and loaded in float16: 498 MB become 249."""
    from transformers import GPT2Config, GPT2LMHeadModel

    GPT2LMHeadModel(GPT2Config()).save_pretrained(folder)
    return (
        "import torch\nfrom transformers import AutoModelForCausalLM\n\n\ndef model_fn(model_dir):\n"
        "    return AutoModelForCausalLM.from_pretrained(model_dir, torch_dtype=torch.float16)\n\n\n"
        "def predict_fn(data, model):\n    with torch.inference_mode():\n"
        "        return model(torch.zeros(1, 16, dtype=torch.long))\n"
    )


def forest(folder: Path) -> str:
    """A random forest, dumped by joblib: about 250 MB."""
    import joblib
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier

    random = np.random.RandomState(0)
    model = RandomForestClassifier(100, n_jobs=2, max_features=2).fit(
        random.rand(25_000, 6), random.randint(0, 4, 25_000)
    )
    joblib.dump(model, folder / "model.joblib")
    return _sklearn("import joblib\n", "joblib.load(os.path.join(model_dir, 'model.joblib'))", 6)


def neighbours(folder: Path) -> str:
    """Nearest neighbours with their rows, pickled: 240 MB."""
    import pickle

    import numpy as np
    from sklearn.neighbors import KNeighborsClassifier

    random = np.random.RandomState(0)
    model = KNeighborsClassifier(algorithm="brute").fit(random.rand(150_000, 200), random.randint(0, 4, 150_000))
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    return _sklearn("import pickle\n", "pickle.load(open(os.path.join(model_dir, 'model.pkl'), 'rb'))", 200)


def xgboost_json(folder: Path) -> str:
    """Deep boosted trees in XGBoost's JSON: about 60 MB."""
    import numpy as np
    import xgboost

    random = np.random.RandomState(0)
    data = xgboost.DMatrix(random.rand(ROWS, 8), random.rand(ROWS))
    how = {
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": 20_000,
        "min_child_weight": 0,
        "tree_method": "hist",
        "nthread": 1,
    }
    xgboost.train(how, data, num_boost_round=15).save_model(folder / "model.json")
    return (
        "import os\n\nimport numpy as np\nimport xgboost\n\n\ndef model_fn(model_dir):\n"
        "    booster = xgboost.Booster()\n"
        "    booster.load_model(os.path.join(model_dir, 'model.json'))\n"
        "    return booster\n\n\n"
        "def predict_fn(data, model):\n    return model.predict(xgboost.DMatrix(np.zeros((4, 8))))\n"
    )


def lightgbm_text(folder: Path) -> str:
    """Boosted trees in LightGBM's text: about 50 MB."""
    import lightgbm
    import numpy as np

    random = np.random.RandomState(0)
    how = {"num_leaves": 4000, "min_data_in_leaf": 2, "min_sum_hessian_in_leaf": 0, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(how, lightgbm.Dataset(random.rand(ROWS, 8), random.rand(ROWS)), 100)
    booster.save_model(folder / "model.txt")
    return (
        "import os\n\nimport lightgbm\nimport numpy as np\n\n\ndef model_fn(model_dir):\n"
        "    return lightgbm.Booster(model_file=os.path.join(model_dir, 'model.txt'))\n\n\n"
        "def predict_fn(data, model):\n    return model.predict(np.zeros((4, 8)))\n"
    )


def catboost_binary(folder: Path) -> str:
    """Symmetric trees in CatBoost's binary format: about 50 MB."""
    import numpy as np
    from catboost import CatBoostRegressor

    random = np.random.RandomState(0)
    model = CatBoostRegressor(
        iterations=200, depth=14, verbose=0, border_count=32, allow_writing_files=False, thread_count=2
    )
    model.fit(random.rand(20_000, 6), random.rand(20_000)).save_model(str(folder / "model.cbm"))
    return (
        "import os\n\nimport numpy as np\nfrom catboost import CatBoostRegressor\n\n\ndef model_fn(model_dir):\n"
        "    model = CatBoostRegressor()\n    model.load_model(os.path.join(model_dir, 'model.cbm'))\n"
        "    return model\n\n\n"
        "def predict_fn(data, model):\n    return model.predict(np.zeros((4, 6)))\n"
    )


def onnx_convolutions(folder: Path) -> str:
    """Convolutions and two linear layers, exported to ONNX: about 200 MB."""
    import torch
    from torch import nn

    widths = (3, 64, 128, 256, 512, 512, 512, 512)
    body = [layer for a, b in pairwise(widths) for layer in (nn.Conv2d(a, b, 3, 2, 1), nn.ReLU())]
    net = nn.Sequential(*body, nn.Flatten(), nn.Linear(2048, 16_384), nn.ReLU(), nn.Linear(16_384, 512))
    torch.onnx.export(net, (torch.zeros(1, 3, 256, 256),), str(folder / "model.onnx"), dynamo=False, input_names=["x"])
    return (
        "import os\n\nimport numpy as np\nimport onnxruntime\n\n\ndef model_fn(model_dir):\n"
        "    return onnxruntime.InferenceSession(os.path.join(model_dir, 'model.onnx'))\n\n\n"
        "def predict_fn(data, model):\n    return model.run(None, {'x': np.zeros((1, 3, 256, 256), np.float32)})\n"
    )


def keras_archive(folder: Path) -> str:
    """A Keras 3 archive: about 200 MB."""
    import keras

    layers = [keras.layers.Embedding(80_000, 512), keras.layers.GlobalAveragePooling1D()]
    layers += [keras.layers.Dense(n, activation="relu") for n in (4096, 2048, 10)]
    keras.Sequential([keras.Input((16,)), *layers]).save(folder / "model.keras")
    return (
        "import os\n\nimport keras\nimport numpy as np\n\n\ndef model_fn(model_dir):\n"
        "    return keras.saving.load_model(os.path.join(model_dir, 'model.keras'))\n\n\n"
        "def predict_fn(data, model):\n    return model.predict(np.zeros((4, 16)), verbose=0)\n"
    )


def _sklearn(imports: str, load: str, columns: int) -> str:
    plain = "".join(sorted(["import os\n", imports]))
    return (
        f"{plain}\nimport numpy as np\n\n\ndef model_fn(model_dir):\n    return {load}\n\n\n"
        f"def predict_fn(data, model):\n    return model.predict(np.zeros((4, {columns})))\n"
    )


# Name of the model: the environment that has its libraries, and what makes it.
MODELS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "torch-state-dict": ("torch213-sm", state_dict),
    "torch-whole-module": ("torch213-sm", whole_module),
    "torchscript": ("torch213-sm", torchscript),
    "bert-safetensors": ("hf457-sm", bert),
    "gpt2-to-float16": ("hf", gpt2_half),
    "forest-joblib": ("sklearn19-sm", forest),
    "neighbours-pickle": ("sklearn19-sm", neighbours),
    "xgboost-json": ("xgboost320", xgboost_json),
    "lightgbm-text": ("lgb-sm", lightgbm_text),
    "catboost-binary": ("cat-sm", catboost_binary),
    "onnx-convolutions": ("torch213-sm", onnx_convolutions),
    "keras-archive": ("tfs221-sm", keras_archive),
}


def make(name: str, folder: Path) -> None:
    """Write the artifact of a model: its file, and the code that serves it."""
    (folder / "code").mkdir(parents=True)
    code = MODELS[name][1](folder)
    (folder / "code" / "inference.py").write_text(code)


def serve(folder: Path) -> None:
    """Load the model as a worker does, and predict once; say when each is done."""
    spec = importlib.util.spec_from_file_location("inference", folder / "code" / "inference.py")
    assert spec
    assert spec.loader
    handler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handler)
    print("IMPORTED", flush=True)
    model = handler.model_fn(str(folder))
    print("LOADED", flush=True)
    handler.predict_fn(None, model)
    print("SERVED", flush=True)


if __name__ == "__main__":
    make(sys.argv[2], Path(sys.argv[3])) if sys.argv[1] == "make" else serve(Path(sys.argv[2]))
