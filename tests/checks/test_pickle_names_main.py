"""pickle-names-main: the fixtures first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "sick/pickle-names-main/model/model.joblib").read_bytes()
HANDLER = """
import os, joblib
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""


def outcome_of(handler, stack="sklearn"):
    files = {"model.joblib": MODEL, "code/inference.py": handler}
    return ask("pickle-names-main", artifact=files, stack=stack)


def test_sick():
    first = examine("sick/pickle-names-main").findings[0]
    assert first.check.id == "pickle-names-main"
    assert "model.joblib looks up LogOfPositive in __main__" in first.finding.message
    assert first.finding.likelihood is Likelihood.CERTAIN
    assert "log_of_positive.py" in first.finding.fix


def test_a_class_of_that_name_in_the_script_is_no_help():
    assert outcome_of(HANDLER + "class LogOfPositive:\n    pass\n").findings


@pytest.mark.parametrize(
    "line",
    [
        "import __main__\n__main__.LogOfPositive = object\n",
        'import sys\nsys.modules["__main__"].LogOfPositive = object\n',
    ],
)
def test_mended_by_the_handler(line):
    assert outcome_of(HANDLER + line).status is Status.CLEAR


def test_a_main_guard_mends_nothing():
    assert outcome_of(HANDLER + 'if __name__ == "__main__":\n    model_fn(".")\n').findings


def test_by_value():
    assert not examine("healthy/cloudpickle-same-python").findings
