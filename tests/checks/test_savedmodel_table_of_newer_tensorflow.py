"""savedmodel-table-of-newer-tensorflow: the fixture first; later readers and models without a table clear."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

SICK = files("sick/savedmodel-table-of-newer-tensorflow")


def test_told_first():
    first = examine("sick/savedmodel-table-of-newer-tensorflow").findings[0]
    assert first.check.id == "savedmodel-table-of-newer-tensorflow"
    assert "saved by TensorFlow 2.15.1; TensorFlow 2.12.1" in first.finding.message


@pytest.mark.parametrize(("version", "clear"), [("2.13.1", True), ("2.15.1", True), ("2.11.1", False)])
def test_by_reader(version, clear):
    serving = {"tensorflow-cpu": version}
    outcome = ask("savedmodel-table-of-newer-tensorflow", artifact=SICK, serving=serving)
    assert (outcome.status is Status.CLEAR) is clear


def test_no_table():
    artifact = {
        "words/saved_model.pb": files("healthy/savedmodel-at-1")["1/saved_model.pb"],
        "code/inference.py": SICK["code/inference.py"],
    }
    outcome = ask("savedmodel-table-of-newer-tensorflow", artifact=artifact, serving={"tensorflow-cpu": "2.11.1"})
    assert outcome.status is Status.CLEAR
