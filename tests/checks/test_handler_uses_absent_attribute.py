from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "import numpy as np\n{}\n\ndef model_fn(model_dir):\n    {}\n    return 1\n"


def asked(inside, top="", numpy="1.26.4", **more):
    artifact = {"code/inference.py": HANDLER.format(top, inside), **more}
    return ask("handler-uses-absent-attribute", artifact=artifact, serving={"numpy": numpy}, python="3.10")


def test_the_fixture():
    first = examine("sick/handler-uses-absent-attribute").findings[0]
    assert first.check.id == "handler-uses-absent-attribute"
    assert "uses numpy.float, which numpy 1.26.4 of" in first.finding.message
    assert first.finding.log == "AttributeError: module 'numpy' has no attribute 'float'"
    assert "write float in place of numpy.float" in first.finding.fix


def test_at_import_too():
    assert asked("pass", "LARGEST = np.Inf", numpy="2.1.3").status is Status.FOUND


@pytest.mark.parametrize(
    ("inside", "top", "numpy"),
    [
        ("np.float(3)", "", "1.23.5"),
        ("np.float64(3)", "", "2.1.3"),
        ("np.float(3)", "np.float = float", "1.26.4"),
        ("np.float(3)", "setattr(np, 'float', float)", "1.26.4"),
        ("x = np.float(3) if hasattr(np, 'float') else 3.0", "", "1.26.4"),
        ("pass", "def unused():\n    return np.float(3)", "1.26.4"),
        ("pass", "try:\n    F = np.float\nexcept AttributeError:\n    F = float", "1.26.4"),
        ("np.linalg.norm([1])", "", "2.1.3"),
    ],
)
def test_near_misses_stay_clear(inside, top, numpy):
    outcome = asked(inside, top, numpy)
    assert outcome.status is Status.CLEAR, outcome


def test_an_own_module():
    assert asked("np.float(3)", **{"code/numpy.py": ""}).status is Status.CLEAR
