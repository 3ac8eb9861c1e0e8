"""Tests of the check request-too-large-for-memory."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/request-too-large-for-memory").findings[0]
    assert first.check.id == "request-too-large-for-memory"
    assert "12.0 GB" in first.finding.message


def test_it_fits():
    code = "import numpy as np\n\nx = np.random.rand(100000, 1000)\n"
    assert (
        ask(
            "request-too-large-for-memory",
            artifact={"code/inference.py": code},
            stack="pytorch",
            instance="ml.m5.xlarge",
        ).status
        is Status.CLEAR
    )
