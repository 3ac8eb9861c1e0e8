"""Tests of the step that compares outputs with those of the training."""

from __future__ import annotations

import json

import pytest

from doctor.capture import Golden
from tests.trials.environments import SKLEARN, interpreter
from tests.trials.probing import probed

HANDLER = """
import json

import numpy as np
from sklearn.linear_model import LinearRegression


def model_fn(model_dir):
    return LinearRegression().fit(np.eye(3), [1, 2, 3])


def input_fn(body, content_type):
    return np.array(json.loads(body)["rows"], dtype=float)


def output_fn(prediction, accept):
    return json.dumps({"y": prediction.tolist()})
"""
BODY = b'{"rows": [[1, 0, 0], [0, 0, 1]]}'


@pytest.fixture
def replayed(tmp_path):
    def replay(*samples, doctor=None):
        home = tmp_path / "captured"
        home.mkdir()
        golden = Golden(home)
        for sample, outputs in samples:
            golden.add(sample, outputs, content_type="application/json")
        text = doctor if doctor is not None else golden.write().read_text()
        files = {"code/inference.py": HANDLER, "doctor.json": text}
        return probed(tmp_path, interpreter(SKLEARN), "golden", files, stack="sklearn")

    return replay


def test_the_same_numbers(replayed):
    value = replayed((BODY, '{"y": [1.0, 3.0000001]}'))["value"]
    assert value["file"] == "doctor.json"
    (sample,) = value["samples"]
    assert (sample["kind"], sample["outputs"], sample["differences"], sample["failure"]) == ("request", 1, [], None)


def test_other_numbers_are_quoted(replayed):
    (sample,) = replayed((BODY, '{"y": [1.0, 3.5]}'))["value"]["samples"]
    (difference,) = sample["differences"]
    assert difference["name"] == "y"
    assert (difference["index"], difference["expected"], difference["off"]) == (1, 3.5, 1)
    assert difference["found"] == pytest.approx(3)


def test_the_model_itself(replayed):
    rows = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    same, other = replayed((rows, [1.0, 3.0]), (rows, [1.0, 4.0]))["value"]["samples"]
    assert (same["kind"], same["differences"], same["failure"]) == ("model", [], None)
    assert other["differences"][0]["expected"] == 4.0


def test_a_sample_that_fails_now(replayed):
    (sample,) = replayed((b'{"columns": []}', "[1]"))["value"]["samples"]
    assert sample["failure"]["line"] == "KeyError: 'rows'"
    assert sample["failure"]["phase"] == "input"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"doctor": 9, "samples": []}', "[" * 50000])
def test_what_is_no_doctor_json_is_not_tried(replayed, text):
    failure = replayed(doctor=text)["failure"]
    assert failure["type"] == "endpoint_doctor.NotTried"
    assert "doctor.json can't be read" in failure["message"]


@pytest.mark.parametrize("sample", [3, {"kind": "request"}, {"kind": "model", "inputs": 4, "outputs": []}, {"kind": 1}])
def test_samples_of_any_kind_end_well(replayed, sample):
    found = replayed(doctor=json.dumps({"doctor": 1, "samples": [sample]}))
    assert found["failure"] or found["value"]["samples"][0]["failure"]
