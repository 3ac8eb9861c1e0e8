"""savedmodel-version-zero: zeros alone, on TensorFlow Serving alone."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine


def test_told_first():
    first = examine("sick/savedmodel-version-zero").findings[0]
    assert first.check.id == "savedmodel-version-zero"
    assert "'0000000'" in first.finding.message
    assert first.finding.fix.startswith("mv scorer/0000000 scorer/1")


@pytest.mark.parametrize(("folder", "stack"), [("10", "tensorflow-serving"), ("0", "pytorch")])
def test_clear(folder, stack):
    artifact = {f"net/{folder}/saved_model.pb": b"\x08\x01"}
    assert ask("savedmodel-version-zero", artifact=artifact, stack=stack).status is Status.CLEAR
