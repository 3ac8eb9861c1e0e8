"""Loading that is really done: by handlers, by stacks' defaults, by formats alone; and what is said of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from doctor.trials.values import Ended
from tests.trials.environments import SKLEARN, TORCH, interpreter
from tests.trials.stepping import stepped

MODELS = Path(__file__).parent.parent.parent / "benchmarks" / "round_trip_models.py"
NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(8, 2)
        self.register_buffer("steps", torch.arange(8))

    def forward(self, x):
        return self.head(self.drop(self.norm(self.body(x))))
"""


@pytest.fixture
def sklearn():
    return interpreter(SKLEARN)


@pytest.fixture
def torch():
    return interpreter(TORCH)


def artifact(folder, python, program="", **files):
    """A folder with files, in which a program was run."""
    model = folder / "model"
    (model / "code").mkdir(parents=True)
    for name, text in files.items():
        (model / "code" / f"{name}.py").write_text(text)
    if program:
        subprocess.run([python, "-B", "-c", program], cwd=model, check=True, capture_output=True)
    return model


def made(name, python, folder):
    model = folder / "model"
    model.mkdir()
    subprocess.run([python, "-B", MODELS, name, model], check=True, capture_output=True)
    return model


def test_a_handler_loads_an_estimator(sklearn, tmp_path):
    step = stepped("load", made("sklearn_pipeline", sklearn, tmp_path), sklearn)
    assert step.worked
    assert step.value["how"] == "model_fn of code/inference.py"
    assert step.value["type"] == "sklearn.pipeline.Pipeline"
    assert step.value["framework"] == "scikit-learn"
    assert step.value["framework_version"].startswith("1.9")
    assert step.value["parameters"] > 50
    assert step.value["training"] is None


def test_the_pytorch_toolkits_default_loads_torchscript(torch, tmp_path):
    step = stepped("load", made("torchscript", torch, tmp_path), torch, "pytorch")
    assert step.value["how"] == "default_model_fn of sagemaker-pytorch-inference 2.0.25"
    assert step.value["training"] is False


def test_the_pytorch_toolkits_default_takes_the_only_file(torch, tmp_path):
    model = made("torchscript", torch, tmp_path)
    (model / "model.pt").rename(model / "net.pth")
    assert stepped("load", model, torch, "pytorch").worked
    (model / "net.pt").write_bytes((model / "net.pth").read_bytes())
    step = stepped("load", model, torch, "pytorch")
    assert step.failure.line.startswith("ValueError: Exactly one .pth or .pt file is required for PyTorch models: [")


def test_the_pytorch_toolkits_default_refuses_a_state_dict(torch, tmp_path):
    model = artifact(tmp_path, torch, "import torch; torch.save({'w': torch.ones(2)}, 'model.pt')")
    step = stepped("load", model, torch, "pytorch", SAGEMAKER_PROGRAM="")
    assert "Please ensure model is saved using torchscript." in step.failure.line
    assert step.failure.phase == "load"


@pytest.mark.parametrize("stack", ["triton", "vllm", "tgi"])
def test_what_only_a_server_loads_isnt_tried(stack, sklearn, tmp_path):
    model = artifact(tmp_path, sklearn, "import joblib; joblib.dump([1], 'model.joblib')")
    step = stepped("load", model, sklearn, stack, SAGEMAKER_PROGRAM="")
    assert step.failure.type == "endpoint_doctor.NotTried"


def test_without_a_stack_the_format_tells(sklearn, tmp_path):
    program = "import joblib; from sklearn.svm import SVC; joblib.dump(SVC().fit([[0], [1]], [0, 1]), 'model.joblib')"
    model = artifact(tmp_path, sklearn, program)
    (model / "code").rmdir()
    step = stepped("load", model, sklearn)
    assert step.value["how"] == "joblib.load of model.joblib"
    assert step.value["type"].endswith("SVC")


def test_a_failure_of_a_format_alone_is_told_apart(sklearn, tmp_path):
    model = artifact(tmp_path, sklearn, "import pickle; pickle.dump(print, open('m.pkl', 'wb'))")
    (model / "code").rmdir()
    (model / "m.pkl").write_bytes((model / "m.pkl").read_bytes().replace(b"print", b"prynt"))
    step = stepped("load", model, sklearn)
    assert step.failure.phase == "load-file"


def test_training_mode_and_its_layers_are_told(torch, tmp_path):
    handler = "from net import Net\n\n\ndef model_fn(model_dir):\n    return Net()\n"
    value = stepped("load", artifact(tmp_path, torch, net=NET, inference=handler), torch).value
    assert value["training"] is True
    assert value["differs"] == [{"name": "norm", "class": "BatchNorm1d"}, {"name": "drop", "class": "Dropout"}]
    assert value["gradients"] == 6
    handler = handler.replace("Net()", "Net().eval()")
    (tmp_path / "model" / "code" / "inference.py").write_text(handler)
    value = stepped("load", tmp_path / "model", torch).value
    assert (value["training"], value["differs"]) == (False, [])


HANDLER = """import os

import torch
from net import Net


def model_fn(model_dir):
    state = torch.load(os.path.join(model_dir, "net.pth"))
    model = Net().eval()
    {load}
    return model
"""
SAVES = "import sys; sys.path.insert(0, 'code'); import torch; from net import Net; s = Net().state_dict(); {}"


def left_out(torch, tmp_path, change, load):
    program = SAVES.format(f"{change}; torch.save(s, 'net.pth')")
    model = artifact(tmp_path, torch, program, net=NET, inference=HANDLER.format(load=load))
    step = stepped("load", model, torch)
    assert step.worked, step
    return step.value["missing"], step.value["unexpected"], model


def test_keys_that_a_lenient_load_drops_are_told(torch, tmp_path):
    change = "s = {k.replace('head', 'fc'): v for k, v in s.items()}"
    missing, unexpected, model = left_out(torch, tmp_path, change, "model.load_state_dict(state, strict=False)")
    assert missing == ["head.bias", "head.weight"]
    assert unexpected == ["fc.bias", "fc.weight"]
    trip = stepped("round-trip", model, torch).value
    assert (trip["missing"], trip["matters"]) == (["head.bias", "head.weight"], True)


def test_buffers_that_the_constructor_makes_are_not_missed(torch, tmp_path):
    missing, _, _ = left_out(torch, tmp_path, "del s['steps']", "model.load_state_dict(state, strict=False)")
    assert missing == []


def test_running_statistics_are(torch, tmp_path):
    missing, _, _ = left_out(torch, tmp_path, "del s['norm.running_var']", "model.load_state_dict(state, strict=False)")
    assert missing == ["norm.running_var"]


def test_what_a_later_load_fills_is_not_missed(torch, tmp_path):
    load = (
        "model.load_state_dict({k: v for k, v in state.items() if 'head' not in k}, strict=False)\n"
        "    model.load_state_dict({k: v for k, v in state.items() if 'head' in k}, strict=False)"
    )
    assert left_out(torch, tmp_path, "pass", load)[:2] == ([], [])


def test_what_is_copied_in_later_is_not_missed(torch, tmp_path):
    load = (
        "model.load_state_dict({k: v for k, v in state.items() if 'head' not in k}, strict=False)\n"
        "    model.head.weight.data.copy_(state['head.weight'])\n"
        "    model.head.bias = torch.nn.Parameter(state['head.bias'])"
    )
    assert left_out(torch, tmp_path, "pass", load)[:2] == ([], [])


def test_what_came_with_a_whole_module_is_not_missed(torch, tmp_path):
    program = SAVES.format("torch.save(Net(), 'whole.pt'); torch.save({'body.weight': s['body.weight']}, 'net.pth')")
    handler = HANDLER.replace(
        "Net().eval()", "torch.load(os.path.join(model_dir, 'whole.pt'), weights_only=False)"
    ).format(load="model.load_state_dict(state, strict=False)")
    step = stepped("load", artifact(tmp_path, torch, program, net=NET, inference=handler), torch)
    assert step.worked
    assert step.value["missing"] == []


def test_weights_that_change_nothing_dont_matter(torch, tmp_path):
    net = NET.replace("self.head = nn.Linear(8, 2)", "self.head = nn.Linear(8, 2)\n        self.aux = nn.Linear(8, 2)")
    program = SAVES.format("torch.save({k: v for k, v in s.items() if 'aux' not in k}, 'net.pth')")
    handler = HANDLER.format(load="model.load_state_dict(state, strict=False)")
    model = artifact(tmp_path, torch, program, net=net, inference=handler)
    trip = stepped("round-trip", model, torch).value
    assert (trip["missing"], trip["matters"]) == (["aux.bias", "aux.weight"], False)


def test_what_libraries_log_is_told(sklearn, tmp_path):
    logs = "import logging\n\nlogging.getLogger('keras').warning('odd %s', 'weights')\n"
    handler = f"{logs}\n\ndef model_fn(d):\n    return 1\n"
    step = stepped("load", artifact(tmp_path, sklearn, inference=handler), sklearn)
    assert step.value["logged"] == [{"logger": "keras", "level": "WARNING", "message": "odd weights"}]
    assert step.value["framework"] == ""


def test_what_a_handler_raises_has_its_place(sklearn, tmp_path):
    handler = "import no_such_package\n\n\ndef model_fn(d):\n    return 1\n"
    step = stepped("load", artifact(tmp_path, sklearn, inference=handler), sklearn)
    assert step.failure.phase == "import"
    assert step.failure.where == "code/inference.py:1"
    assert step.failure.line == "ModuleNotFoundError: No module named 'no_such_package'"


def test_a_process_that_ends_is_a_result(sklearn, tmp_path):
    handler = "import os\n\n\ndef model_fn(d):\n    os._exit(3)\n"
    step = stepped("load", artifact(tmp_path, sklearn, inference=handler), sklearn)
    assert (step.ended, step.status, step.phase) == (Ended.EXITED, 3, "load")


def test_variables_looked_for_in_vain_are_told(sklearn, tmp_path):
    handler = (
        "import os\n\nA = os.environ.get('NOT_SET_A')\nB = os.getenv('NOT_SET_B', 'x')\nHOME = os.environ['PATH']\n\n\n"
        "def model_fn(d):\n    return os.path.join(d, os.getenv('NOT_SET_C'))\n"
    )
    step = stepped("load", artifact(tmp_path, sklearn, inference=handler), sklearn)
    told = "looked for the environment variable {}, which isn't set"
    assert step.tried == (told.format("NOT_SET_A"), told.format("NOT_SET_C"))
    assert "NoneType" in step.failure.line
