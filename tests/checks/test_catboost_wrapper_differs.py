"""catboost-wrapper-differs: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Severity, Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "healthy/catboost-cbm/model/model.cbm").read_bytes()
LOAD = """import catboost


def model_fn(model_dir):
    model = catboost.{name}()
    model.load_model(model_dir + "/model.cbm")
    return model
"""


def test_a_classifier_loaded_as_a_regressor():
    first = examine("sick/catboost-wrapper-differs").findings[0]
    assert first.check.id == "catboost-wrapper-differs"
    assert first.check.severity is Severity.WARNING
    assert "trained with Logloss, and CatBoostRegressor loads it" in first.finding.message
    assert "CatBoostClassifier" in first.finding.fix


def test_the_right_class_and_the_general_one_are_clear():
    for name in ("CatBoostClassifier", "CatBoost"):
        files = {"model.cbm": MODEL, "code/inference.py": LOAD.format(name=name)}
        assert ask("catboost-wrapper-differs", artifact=files, stack="sklearn").status is Status.CLEAR
