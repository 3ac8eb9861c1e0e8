from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_two_models_and_a_gpu():
    first = examine("sick/several-tensorflow-models-on-one-gpu").findings[0]
    assert first.check.id == "several-tensorflow-models-on-one-gpu"
    assert first.finding.message.startswith("2 SavedModels (first, second) are loaded")


def test_near_misses():
    model = files("sick/several-tensorflow-models-on-one-gpu")
    check = "several-tensorflow-models-on-one-gpu"
    assert ask(check, artifact=model, instance="ml.m5.xlarge").status is Status.CLEAR
    env = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    assert ask(check, artifact=model, instance="ml.g5.xlarge", env=env).status is Status.CLEAR
    one = files("sick/savedmodel-variables-missing")
    assert ask(check, artifact=one, instance="ml.g5.xlarge").status is Status.CLEAR
    assert ask(check, artifact=model).status is Status.UNKNOWN
