"""Tests of the check exit-at-import."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/exit-at-import").findings[0]
    assert first.check.id == "exit-at-import"
    assert "one of 2 models" in first.finding.message


def test_one_model_is_clear():
    code = (
        "import sys\nimport joblib\n\ntry:\n    m = joblib.load('/opt/ml/model/m')\nexcept OSError:\n    sys.exit(1)\n"
    )
    assert ask("exit-at-import", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_main_guard_is_clear():
    code = "import sys\n\nif __name__ == '__main__':\n    sys.exit(0)\n"
    assert ask("exit-at-import", artifact={"code/inference.py": code}).status is Status.CLEAR
