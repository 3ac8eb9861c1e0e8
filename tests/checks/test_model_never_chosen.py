"""Tests of the check model-never-chosen."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

TWO = "import joblib\na = joblib.load('/opt/ml/model/a')\nb = joblib.load('/opt/ml/model/b')\n"


def test_is_found_on_its_fixture():
    report = examine("sick/model-never-chosen")
    found = [r.finding for r in report.findings if r.check.id == "model-never-chosen"]
    assert report.findings[0].check.id == "model-never-chosen"
    assert "classifier_b" in found[0].message
    assert "classifier_a" not in found[0].message


@pytest.mark.parametrize(
    "rest",
    [
        "def predict_fn(x, m):\n    return (a if x['model'] == 'a' else b).predict(x)\n",
        "MODELS = {'a': a, 'b': b}\n",
        "def predict_fn(x, m):\n    return globals()[x['model']].predict(x)\n",
    ],
)
def test_a_choice_is_clear(rest):
    assert ask("model-never-chosen", artifact={"code/inference.py": TWO + rest}).status is Status.CLEAR


def test_one_model_is_clear():
    code = "import joblib\na = joblib.load('/opt/ml/model/a')\n"
    assert ask("model-never-chosen", artifact={"code/inference.py": code}).status is Status.CLEAR
