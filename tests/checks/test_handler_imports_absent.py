from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "import os\n{}\n\ndef model_fn(model_dir):\n    {}\n    return 1\n"


def handler(top="", inside="pass"):
    return {"code/inference.py": HANDLER.format(top, inside)}


def test_the_fixture():
    first = examine("sick/handler-imports-absent").findings[0]
    assert first.check.id == "handler-imports-absent"
    assert first.finding.message == "code/inference.py imports xgboost, which is not installed"
    assert first.finding.log == "ModuleNotFoundError: No module named 'xgboost'"
    assert first.finding.evidence[0].where == "artifact:code/inference.py:5"
    assert first.finding.evidence[0].saw == "import xgboost as xgb"


def test_an_import_in_a_function_that_serving_calls():
    first = examine("sick/handler-imports-absent--in-predict").findings[0]
    assert first.check.id == "handler-imports-absent"
    assert "shap" in first.finding.message


@pytest.mark.parametrize(
    ("top", "inside"),
    [
        ("import numpy, json, collections.abc", "pass"),
        ("try:\n    import xgboost\nexcept ImportError:\n    xgboost = None", "pass"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import xgboost", "pass"),
        ("def unused():\n    import xgboost", "pass"),
        ("if __name__ == '__main__':\n    import xgboost", "pass"),
        ("import sklearn.linear_model", "import numpy.linalg"),
    ],
)
def test_near_misses_stay_clear(top, inside):
    packages = {"numpy": "1.26.4", "scikit-learn": "1.3.2"}
    outcome = ask("handler-imports-absent", artifact=handler(top, inside), serving=packages, python="3.10")
    assert outcome.status is Status.CLEAR, (outcome.findings, outcome.reasons)


def test_own_modules_are_the_artifacts():
    files = {**handler("import text, tools.clean"), "code/text.py": "", "tools/clean.py": ""}
    assert ask("handler-imports-absent", artifact=files, serving={"numpy": "1"}).status is Status.CLEAR


def test_the_distribution_that_gives_it_is_named():
    (finding,) = ask("handler-imports-absent", artifact=handler("import cv2"), serving={"numpy": "1"}).findings
    assert finding.fix == "echo opencv-python >> code/requirements.txt"
    assert finding.message == "code/inference.py imports cv2, and opencv-python, which gives it, is not installed"


def test_a_module_that_python_dropped():
    (finding,) = ask(
        "handler-imports-absent", artifact=handler("import imp"), serving={"six": "1"}, python="3.12"
    ).findings
    assert "Python 3.12 removed" in finding.message
    assert (
        ask("handler-imports-absent", artifact=handler("import imp"), serving={"six": "1"}, python="3.11").findings
        == ()
    )


def test_what_nobody_knows_is_unknown():
    outcome = ask("handler-imports-absent", artifact=handler("import acme_tools"), serving={"numpy": "1"})
    assert outcome.status is Status.UNKNOWN
    assert "acme_tools (code/inference.py:2)" in outcome.reasons[0]
    partial = ask("handler-imports-absent", artifact=handler("import xgboost"), serving={"numpy": "1"}, complete=False)
    assert partial.status is Status.UNKNOWN


def test_what_requirements_add_is_there():
    files = {**handler("import emoji, yaml"), "code/requirements.txt": "emoji==2.14.0\nPyYAML"}
    assert ask("handler-imports-absent", artifact=files, serving={"numpy": "1"}).status is Status.CLEAR


def test_what_requirements_may_bring_is_unknown_and_what_they_cannot_is_absent():
    may = {**handler("import tokenizers"), "code/requirements.txt": "sentence-transformers==3.0.0"}
    assert ask("handler-imports-absent", artifact=may, serving={"numpy": "1"}).status is Status.UNKNOWN
    surely = {**handler("import tokenizers"), "code/requirements.txt": "transformers==4.57.6"}
    assert ask("handler-imports-absent", artifact=surely, serving={"numpy": "1"}).findings == ()
    cannot = {**handler("import xgboost"), "code/requirements.txt": "pyyaml==6.0.1"}
    assert ask("handler-imports-absent", artifact=cannot, serving={"numpy": "1"}).status is Status.FOUND


def test_files_tell_of_submodules():
    there = {"sklearn", "sklearn.linear_model"}
    outcome = ask(
        "handler-imports-absent",
        artifact=handler("from sklearn.linear_model.logistic import LogisticRegression"),
        serving={"scikit-learn": "1.3.2"},
        finds=lambda m: m in there or m == "os",
    )
    (finding,) = outcome.findings
    assert "scikit-learn 1.3.2 has no such module" in finding.message
    assert finding.log == "ModuleNotFoundError: No module named 'sklearn.linear_model.logistic'"
