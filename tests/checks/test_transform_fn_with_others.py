"""Tests of the check transform-fn-with-others."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/transform-fn-with-others").findings[0]
    assert first.check.id == "transform-fn-with-others"
    assert "transform_fn and predict_fn" in first.finding.message


def test_transform_fn_alone_is_clear():
    code = "def transform_fn(m, d, c, a):\n    return d\n"
    assert ask("transform-fn-with-others", artifact={"code/inference.py": code}, stack="pytorch").status is Status.CLEAR
