"""Tests of requests: where they come from, what else is tried, what a broken one does."""

from __future__ import annotations

import io
import json

import pytest

from doctor.trials.probe.invoke import same
from doctor.trials.probe.requests import bodies, finding
from doctor.trials.probe.requests.sources import Claims, claims
from tests.trials.environments import SKLEARN, interpreter
from tests.trials.probing import probed

MODEL = "class Sum:\n    n_features_in_ = 3\n\n    def predict(self, rows):\n        return rows.sum(axis=1)\n"
HANDLER = f"""
import json
import os

import numpy as np

{MODEL}

def model_fn(model_dir):
    return Sum()


def input_fn(body, content_type):
    if content_type == "text/csv":
        return np.loadtxt(body.splitlines(), delimiter=",", ndmin=2)
    if content_type not in ("application/json",):
        raise ValueError("unsupported")
    return np.array(json.loads(body)["rows"], dtype=float)


def predict_fn(data, model):
    return model.predict(data)


def output_fn(prediction, accept):
    if accept == "text/csv":
        return ",".join(map(str, prediction))
    return json.dumps(prediction.tolist())
"""


@pytest.fixture
def asked(tmp_path):
    def ask(code, sample=b'{"rows": [[1, 2, 3]]}', files=None, stack="multi-model-server", **said):
        artifact = {"code/inference.py": code, **(files or {})}
        return probed(tmp_path, interpreter(SKLEARN), "invoke", artifact, sample, stack=stack, **said)

    return ask


def test_the_sample_first_then_all_that_is_claimed(asked):
    value = asked(HANDLER)["value"]
    assert value["request"]["source"] == "sample"
    assert value["request"]["content_type"] == "application/json"
    assert [(c["name"], c["outcome"]) for c in value["cases"]] == [
        ("sample", "answered"),
        ("as text/csv", "answered"),
        ("accept text/csv", "answered"),
    ]
    assert {c["outcome"] for c in value["malformed"]} == {"refused"}
    assert value["worker_lives"]
    assert value["agrees"]
    assert value["outputs"] == [{"name": "", "dtype": "float", "shape": [1], "values": [6.0]}]
    assert "numpy" in value["environment"]["packages"]


def test_an_example_in_the_artifact(asked):
    value = asked(HANDLER, None, {"sample.json": '{"rows": [[1, 1, 1]]}'})["value"]
    assert (value["request"]["source"], value["request"]["where"]) == ("artifact", "sample.json")
    assert value["cases"][0]["answer"] == "[3.0]"


def test_a_request_is_made_with_the_key_that_the_handler_reads(asked):
    code = HANDLER.replace(MODEL, "from sklearn.linear_model import LinearRegression\n").replace(
        "return Sum()", "return LinearRegression().fit(np.eye(3), [1, 2, 3])"
    )
    found = asked(code, None)
    value = found["value"]
    assert value, found["failure"] or found["log"]
    assert value["request"]["source"] == "made"
    assert value["cases"][0]["outcome"] == "answered", value["cases"]


def test_what_fails_on_made_up_values_is_no_proof_but_a_name_is(asked):
    code = HANDLER.replace(MODEL, "from sklearn.linear_model import LinearRegression\n").replace(
        "return Sum()", "return LinearRegression().fit(np.eye(3), [1, 2, 3])"
    )
    bad = code.replace("return model.predict(data)", "raise KeyError('label')")
    assert not asked(bad, None)["value"]["cases"][0]["proof"]
    absent = code.replace("return model.predict(data)", "return modle.predict(data)")
    assert asked(absent, None)["value"]["cases"][0]["proof"]
    output = code.replace("return json.dumps(prediction.tolist())", "return json.dumps(prediction)")
    assert asked(output, None)["value"]["cases"][0]["proof"]


def test_without_a_sample_and_a_model_that_tells_nothing(asked):
    failure = asked(HANDLER.replace("n_features_in_ = 3", "pass"), None)["failure"]
    assert failure["type"] == "endpoint_doctor.NotTried"
    assert "no sample is given" in failure["message"]


def test_a_process_that_dies_of_a_broken_request_has_told_of_the_good_ones(asked):
    code = HANDLER.replace(
        "    return np.array(json", "    if len(body) < 12:\n        os._exit(7)\n    return np.array(json"
    )
    found = asked(code)
    assert found["status"] == 7
    assert found["value"] is None
    assert found["partial"]["cases"][0]["outcome"] == "answered"
    assert found["phases"][-1].startswith("malformed: ")


def test_leaving_the_process_ends_the_worker(asked):
    code = HANDLER.replace(
        'return np.array(json.loads(body)["rows"], dtype=float)',
        'return np.array(json.loads(body)["rows"], dtype=float) if len(body) > 11 else exit(3)',
    )
    value = asked(code)["value"]
    assert not value["worker_lives"]


def test_a_broken_request_that_changes_what_follows(asked):
    code = HANDLER.replace("return model.predict(data)", "return model.predict(data) * (len(SEEN) or 1)").replace(
        'return np.array(json.loads(body)["rows"], dtype=float)',
        'if "rows" not in body:\n        SEEN.extend([1, 1])\n    return np.array(json.loads(body)["rows"])',
    )
    value = asked("SEEN = []\n" + code)["value"]
    assert value["worker_lives"]
    assert not value["agrees"]


def test_an_error_in_words_is_no_answer(asked):
    code = HANDLER.replace("return json.dumps(prediction.tolist())", 'return json.dumps({"error": "no such model"})')
    case = asked(code)["value"]["cases"][0]
    assert (case["outcome"], case["says"], case["status"]) == ("failed", "no such model", 200)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def input_fn(b, kind):\n    if kind == 'text/csv':\n        return 1\n",
            Claims(("text/csv",), (), (), ("input_fn",)),
        ),
        (
            "K = 'application/json'\ndef output_fn(p, accept):\n    return 1 if accept in (K, 'text/csv') else 2\n",
            Claims((), ("application/json", "text/csv"), (), ("output_fn",)),
        ),
        (
            "def input_handler(data, context):\n    if context.request_content_type == 'text/csv':\n        pass\n",
            Claims(("text/csv",), (), (), ("input_handler",)),
        ),
        (
            "def transform_fn(model, body, kind, accept):\n    d = loads(body)\n    return d['a'], d.get('b')\n",
            Claims((), (), ("a", "b"), ("transform_fn",)),
        ),
        ("def broken(", Claims()),
        ("x" * 10 + "(" * 500, Claims()),
    ],
)
def test_what_a_source_claims(source, expected):
    assert claims(source) == expected


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("sample", b'{"a": 1}', "application/json"),
        ("sample", b"1,2\n3,4\n", "text/csv"),
        ("sample", b"\x93NUMPY\x01\x00", "application/x-npy"),
        ("x.csv", b"1", "text/csv"),
        ("sample", b"\x89PNG\r\n", "image/png"),
        ("sample", b"\xff\xfe\x00", ""),
        ("sample", b"", ""),
    ],
)
def test_content_types(name, body, kind):
    assert bodies.content_type_of(name, body) == kind


def test_rows_in_other_types():
    rows = bodies.numbers(b'{"instances": [[1, 2], [3, 4.5]]}', "application/json")
    assert bodies.written(rows, "text/csv") == b"1,2\n3,4.5"
    npy = bodies.written(rows, "application/x-npy")
    assert npy is not None
    assert (len(npy) - 16) % 64 == 0
    assert io.BytesIO(npy).read(8) == b"\x93NUMPY\x01\x00"
    assert bodies.written([[[1.0]]], "text/csv") is None
    assert bodies.numbers(b'{"a": "x"}', "application/json") is None


def test_made_requests_begin_with_the_handlers_keys():
    made = finding.made([[1.0, 2.0]], ("x",), "pytorch", Claims(keys=("features",)))
    assert json.loads(made[0].body) == {"features": [[1.0, 2.0]]}
    two = finding.made({"a": [[1.0]], "b": [[2.0]]}, ("a", "b"), "pytorch", Claims(keys=("first", "second")))
    assert json.loads(two[0].body) == {"first": [[1.0]], "second": [[2.0]]}
    served = finding.made({"a": [1.0], "b": [2.0]}, ("a", "b"), "tensorflow-serving", Claims())
    assert json.loads(served[0].body) == {"instances": [{"a": 1.0, "b": 2.0}]}


def test_answers_are_the_same_within_a_tolerance():
    assert same('{"a": [0.1234567]}', '{"a": [0.1234568]}')
    assert not same('{"a": [0.1]}', '{"a": [0.2]}')
    assert not same("text", "texts")


def test_a_predict_fn_that_only_the_image_may_have_is_not_tried(tmp_path):
    handler = "def model_fn(model_dir):\n    return None\n"
    asked = {"stack": "multi-model-server", "content_type": "application/json"}
    said = probed(tmp_path, interpreter(SKLEARN), "invoke", {"code/inference.py": handler}, b"[[1, 2]]", **asked)
    assert said["failure"]["type"] == "endpoint_doctor.NotTried"
    assert "only the image's own server" in said["failure"]["message"]
