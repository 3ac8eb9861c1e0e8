"""djl-rolling-batch-removed: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("djl-rolling-batch-removed")
    assert found.check.id == "djl-rolling-batch-removed"
    assert "lmi-dist" in found.finding.message
    assert "0.33" in found.finding.message


def test_an_older_image():
    outcome = ask(
        "djl-rolling-batch-removed",
        artifact={"serving.properties": "option.rolling_batch=lmi-dist\n"},
        stack="djl",
        image="a.b/djl-inference:0.30.0-lmi12",
    )
    assert outcome.status is Status.CLEAR


def test_vllm():
    outcome = ask(
        "djl-rolling-batch-removed",
        artifact={"serving.properties": "option.rolling_batch=vllm\n"},
        stack="djl",
        image="a.b/djl-inference:0.33.0-lmi15",
    )
    assert outcome.status is Status.CLEAR
