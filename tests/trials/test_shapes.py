"""What the probe finds out of what models take, with the real libraries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from doctor.deployment import Deployment, Plan
from doctor.trials import asking
from doctor.trials.reading import step_of
from doctor.trials.shapes import rows
from doctor.trials.values import Ended, Process
from tests.trials.environments import SKLEARN, TORCH, interpreter

SCRIPT = Path(__file__).parent / "shape_models.py"
SEEDS = Path(__file__).parent.parent.parent / "fixtures" / "seeds"
LENGTHS = "Sizes of tensors must match except in dimension 2. Expected size 17 but got size 16"


@cache
def discovered(kind):
    python = interpreter({"torch": TORCH, "sklearn": SKLEARN}[kind])
    command = [python, "-B", "-W", "ignore", SCRIPT, "discover", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def sizes(kind, name):
    found = discovered(kind)[name]
    assert found["found"], found
    return {i["name"]: dict(zip(i["means"], i["sizes"], strict=True)) for i in found["inputs"]}


def shaped(name, folder, python, stack="", sample=None, seconds=240):
    model = folder / "model"
    model.mkdir()
    subprocess.run([python, "-B", SCRIPT, "write", name, model], check=True, capture_output=True)
    if sample is not None:
        (model / "sample.json").write_text(json.dumps(sample))
    return value_of(model, python, stack, seconds)


def value_of(model, python, stack="", seconds=240):
    """Run the step on an artifact that lies unpacked in a folder, without a sandbox: its models are the tests' own."""
    home = model.parent / "probe"
    home.mkdir()
    models = Deployment(Plan(artifact=str(model), offline=True)).part("models").files
    given = asking.files(stack=stack, models=models, sample=None, content_type="", seconds=seconds)
    for name, data in given.items():
        (home / name).write_bytes(data)
    command = [python, "-B", home / "probe.pyz", "shapes", home / "request.json", "n0nce", model]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    if (model / "code").is_dir():
        environment["SAGEMAKER_PROGRAM"] = "inference.py"
    done = subprocess.run(command, capture_output=True, env=environment, cwd=home, timeout=seconds, check=False)
    step = step_of("shapes", Process(Ended.FINISHED, done.returncode, 0, done.stdout, "", 0.0), "n0nce")
    assert step.worked, (step, done.stderr[-2000:])
    return step.value


def says(value):
    return {
        row["name"]: dict(zip(row["means"], (d["says"] for d in row["dims"]), strict=True)) for row in value["inputs"]
    }


def case(value, start, kind="cases"):
    return next(c for c in value[kind] if c["case"].startswith(start))


def test_the_layers_that_inputs_flow_into_tell_their_features():
    wanted = {
        "price": {"batch": 1, "time": 16, "features": 10},
        "volume": {"batch": 1, "time": 16, "features": 5},
    }
    assert sizes("torch", "two") == sizes("torch", "two traced") == wanted


def test_inputs_that_are_joined_share_the_features_and_nobody_says_how():
    for name in ("joined", "joined traced"):
        assert sizes("torch", name)["price"]["features"] == 5
        assert "nothing tells how the 10 features are shared by price and volume" in discovered("torch")[name]["source"]


@pytest.mark.parametrize("name", ["digits", "digits traced"])
def test_the_size_of_an_image_is_solved_from_what_follows_its_flattening(name):
    assert sizes("torch", name) == {"x": {"batch": 1, "channels": 1, "height": 28, "width": 28}}


@pytest.mark.parametrize("name", ["convolved", "convolved traced"])
def test_the_length_of_a_sequence_is_solved_too(name):
    assert sizes("torch", name) == {"x": {"batch": 1, "time": 24, "features": 6}}


def test_a_size_is_learnt_from_what_an_error_says():
    assert sizes("torch", "positions")["x"]["time"] == 50


@pytest.mark.parametrize("name", ["branching", "branching traced"])
def test_tokens_of_a_module_that_cannot_be_traced_symbolically(name):
    (taken,) = discovered("torch")[name]["inputs"]
    assert (taken["kind"], taken["dtype"], taken["means"]) == ("tokens", "int64", ["batch", "time"])


def test_numbers_beside_categories_are_what_the_joined_layer_has_left():
    assert sizes("torch", "mixed")["numbers"]["features"] == 4


@pytest.mark.parametrize(("name", "envelope"), [("by_key", "mapping"), ("unpacked", "list")])
def test_one_argument_that_holds_several_inputs(name, envelope):
    assert discovered("torch")[name]["envelope"] == envelope
    assert {n: s["features"] for n, s in sizes("torch", name).items()} == {"left": 7, "right": 3}


def test_every_torch_model_is_found():
    assert [name for name, found in discovered("torch").items() if not found["found"]] == []


def test_precision_of_the_model_is_that_of_its_input():
    assert discovered("torch")["half"]["outputs"] == [[2, 2]]


@pytest.mark.parametrize(("name", "count"), [("forest", 3), ("search", 3), ("scaler", 3), ("with_scaler", 3)])
def test_estimators_tell_how_many_features_they_were_fitted_on(name, count):
    assert sizes("sklearn", name)["X"]["features"] == count


def test_columns_with_categories_are_a_table():
    (taken,) = discovered("sklearn")["columns"]["inputs"]
    assert taken["kind"] == "table"
    assert discovered("sklearn")["columns"]["outputs"] == [[2]]


def test_a_pipeline_that_begins_with_a_vectorizer_takes_texts():
    assert discovered("sklearn")["texts"]["inputs"][0]["kind"] == "text"


def test_what_cannot_be_told_is_not_guessed():
    found = discovered("sklearn")
    assert "only the handler's functions say how it is used" in found["several"]["reason"]
    assert "doesn't say how many features it was fitted on" in found["unfitted"]["reason"]
    assert not found["words"]["found"]


def test_the_lstm_of_two_inputs_and_two_outputs_without_a_sample(tmp_path):
    value = shaped("lstm_state_dict", tmp_path, interpreter(TORCH), "pytorch")
    tied = {"batch": "free", "time": "tied", "features": "joined"}
    assert says(value) == {"sales": tied, "weather": tied}
    assert [o["shape"] for o in value["outputs"]] == [["batch", 1], ["batch", "time of sales", 3]]
    assert [o["name"] for o in value["outputs"]] == ["level", "kind"]
    assert LENGTHS in case(value, "unequal lengths: sales 17, weather 16")["failure"]["line"]
    assert case(value, "without sales")["works"] is False
    assert value["batch_kept"] and value["repeatable"] and value["row_alone_equals"]
    shown = rows(value)
    assert shown[0][2:] == (
        "(batch, time, features)",
        "time as long as time of weather; features and features of weather together 8",
    )
    assert shown[-1] == ("output kind", "float32", "(batch, time of sales, 3)", "")


def test_the_same_as_torchscript_with_each_its_own_length(tmp_path):
    value = shaped("lstm_torchscript", tmp_path, interpreter(TORCH), "pytorch")
    alike = {"batch": "free", "time": "free", "features": "fixed"}
    assert says(value) == {"price": alike, "volume": alike}
    assert rows(value)[0][2] == "(batch, time, 10)"
    assert "isn't refused" in rows(value)[0][3]  # a traced LSTM doesn't look at the width


def test_a_sample_of_the_artifact_goes_through_the_handler(tmp_path):
    seed = SEEDS / "001-1-two-input-sequences--tensor"
    model = shutil.copytree(seed / "model", tmp_path / "model")
    shutil.copy(seed / "request.json", model / "sample.json")
    value = value_of(model, interpreter(TORCH), "pytorch")
    assert value["source"].startswith("sample.json in the artifact, as the handler's functions hand it")
    assert value["inputs"][0]["size"] == [1, 20, 10]
    assert case(value, "shorter", "requests")["works"]
    failure = case(value, "unequal lengths: input_1 20, input_2 12", "requests")["failure"]
    assert failure["line"].startswith("ValueError: all the input array dimensions except for the concatenation axis")
    assert failure["where"] == "code/inference.py:35"


def test_a_table_is_called_without_a_column_with_one_more_and_with_a_new_category(tmp_path):
    value = shaped("forest", tmp_path, interpreter(SKLEARN), "sklearn")
    assert value["inputs"][0]["dims"][1] == {"says": "fixed", "size": 4}
    assert "Found unknown categories" in case(value, "a category never seen")["failure"]["line"]
    assert case(value, "without 0")["works"] is False
    assert value["outputs"][0]["shape"] == ["batch"]


def keras_python():
    """Return an interpreter with Keras: TensorFlow is too large to be fetched for one test."""
    python = os.environ.get("KERAS_PYTHON", "")
    if not python:
        pytest.skip("NOT TESTED: KERAS_PYTHON names no interpreter that has Keras 3")
    return python


def test_the_lstm_of_two_inputs_and_two_outputs_in_keras(tmp_path):
    value = shaped("lstm_keras", tmp_path, keras_python())
    tied = {"batch": "free", "time": "tied", "features": "fixed"}
    assert says(value) == {"sales": tied, "weather": tied}
    assert [(o["name"], o["shape"]) for o in value["outputs"]] == [
        ("level", ["batch", 1]),
        ("kind", ["batch", "time of sales", 3]),
    ]
    assert "must" in case(value, "unequal lengths: sales 17, weather 16")["failure"]["line"]


def test_two_lengths_that_keras_does_not_join(tmp_path):
    value = shaped("lstm_keras_apart", tmp_path, keras_python())
    alike = {"batch": "free", "time": "free", "features": "fixed"}
    assert says(value) == {"sales": alike, "weather": alike}
