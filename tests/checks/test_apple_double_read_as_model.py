"""apple-double-read-as-model: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/apple-double-read-as-model").findings[0]
    assert first.check.id == "apple-double-read-as-model"
    assert "._net.pth" in first.finding.message


def test_model_pt_is_taken():
    outcome = ask("apple-double-read-as-model", artifact={"model.pt": b"x", "._model.pt": b"x"}, stack="pytorch")
    assert outcome.status is Status.CLEAR


def test_a_script():
    outcome = ask(
        "apple-double-read-as-model",
        artifact={"net.pth": b"x", "._net.pth": b"x", "code/inference.py": "x = 1"},
        stack="pytorch",
    )
    assert outcome.status is Status.CLEAR


def test_another_stack():
    outcome = ask("apple-double-read-as-model", artifact={"net.pth": b"x", "._net.pth": b"x"}, stack="huggingface")
    assert outcome.status is Status.CLEAR
