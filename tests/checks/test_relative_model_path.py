"""Tests of the check relative-model-path."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/relative-model-path").findings[0]
    assert first.check.id == "relative-model-path"
    assert "'model.joblib'" in first.finding.message


def test_torchserve_starts_in_the_models_folder():
    code = "import joblib\n\n\ndef model_fn(d):\n    return joblib.load('m.joblib')\n"
    assert (
        ask("relative-model-path", artifact={"code/inference.py": code, "m.joblib": b"x"}, stack="pytorch").status
        is Status.CLEAR
    )


def test_chdir_mends_it():
    code = "import os\nimport joblib\n\n\ndef model_fn(d):\n    os.chdir(d)\n    return joblib.load('m.joblib')\n"
    assert (
        ask("relative-model-path", artifact={"code/inference.py": code, "m.joblib": b"x"}, stack="sklearn").status
        is Status.CLEAR
    )
