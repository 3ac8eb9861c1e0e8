"""Round trips that are really run: models saved again in their framework's own way, and held against themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.trials.environments import SKLEARN, TORCH, interpreter
from tests.trials.stepping import stepped

MODELS = Path(__file__).parent.parent.parent / "benchmarks" / "round_trip_models.py"
LAMBDA = """import os

import joblib
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def model_fn(model_dir):
    model = joblib.load(os.path.join(model_dir, "model.joblib"))
    return make_pipeline(FunctionTransformer(lambda rows: rows * 2), model)
"""
SEVERAL = """import os

import joblib


class Bundle:
    def __init__(self, model):
        self.model, self.lock = model, open(os.devnull)


def model_fn(model_dir):
    model = joblib.load(os.path.join(model_dir, "model.joblib"))
    return {"bundle": Bundle(model), "scaler": model[0], "names": ["a", "b"]}
"""


def made(name, python, folder):
    folder = folder / "model"
    folder.mkdir()
    subprocess.run([python, "-B", MODELS, name, folder], check=True, capture_output=True)
    return folder


def tripped(name, freeze, folder, stack="", handler=""):
    python = interpreter(freeze)
    model = made(name, python, folder)
    if handler:
        (model / "code" / "inference.py").write_text(handler)
    step = stepped("round-trip", model, python, stack)
    assert step.worked, step
    return step.value


@pytest.mark.parametrize(
    ("name", "freeze", "stack", "way"),
    [
        ("sklearn_pipeline", SKLEARN, "", "joblib.dump"),
        ("torch_module", TORCH, "", "torch.save of the state dict"),
        ("torch_bfloat16", TORCH, "", "torch.save of the state dict"),
        ("torchscript", TORCH, "pytorch", "torch.jit.save"),
        ("torch_exported", TORCH, "", "torch.export.save"),
    ],
)
def test_a_model_comes_back_as_it_was(name, freeze, stack, way, tmp_path):
    value = tripped(name, freeze, tmp_path, stack)
    assert value["failure"] is None
    assert value["way"].startswith(way)
    assert value["parameters"] >= 4
    assert (value["differing"], value["differ"]) == (0, [])
    if isinstance(value["outputs"], dict):
        assert value["outputs"]["equal"]


def test_answers_are_compared_where_inputs_can_be_had(tmp_path):
    assert tripped("sklearn_pipeline", SKLEARN, tmp_path)["outputs"]["equal"] is True


def test_a_plain_pickle_has_nan_in_it_and_comes_back(tmp_path):
    value = tripped("plain_pickle", SKLEARN, tmp_path)
    assert (value["framework"], value["differing"]) == ("pickle", 0)
    assert value["outputs"].startswith("not compared: ")


def test_a_closure_cant_be_saved(tmp_path):
    failure = tripped("sklearn_pipeline", SKLEARN, tmp_path, handler=LAMBDA)["failure"]
    assert failure["phase"] == "save"
    assert "lambda" in failure["line"]


def test_the_state_dict_of_a_quantized_module_fits_no_new_one(tmp_path):
    failure = tripped("torch_quantized", TORCH, tmp_path)["failure"]
    assert failure["phase"] == "reload"
    assert 'Missing key(s) in state_dict: "fc.weight"' in failure["line"]
    assert "_packed_params" in failure["line"]


def test_models_are_found_in_what_holds_them(tmp_path):
    value = tripped("sklearn_pipeline", SKLEARN, tmp_path, handler=SEVERAL)
    assert sorted([value["place"], *(other["place"] for other in value["others"])]) == [
        "['bundle'].model",
        "['scaler']",
    ]


def test_what_nothing_knows_how_to_save_isnt_tried(tmp_path):
    python = interpreter(TORCH)
    model = made("torch_module", python, tmp_path)
    (model / "code" / "inference.py").write_text("def model_fn(model_dir):\n    return len\n")
    step = stepped("round-trip", model, python)
    assert step.failure.type == "endpoint_doctor.NotTried"
