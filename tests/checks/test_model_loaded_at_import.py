"""Tests of the check model-loaded-at-import."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/model-loaded-at-import").findings[0]
    assert first.check.id == "model-loaded-at-import"
    assert "loads the model while it is imported" in first.finding.message


def test_loading_in_model_fn_is_clear():
    code = "import joblib\n\n\ndef model_fn(d):\n    return joblib.load(f'{d}/m')\n"
    assert ask("model-loaded-at-import", artifact={"code/inference.py": code}, stack="sklearn").status is Status.CLEAR


def test_a_web_application_has_no_model_fn():
    code = "import joblib\n\nm = joblib.load('/opt/ml/model/m')\n"
    assert (
        ask("model-loaded-at-import", artifact={"code/inference.py": code}, stack="tensorflow-serving").status
        is Status.CLEAR
    )
