"""code-folder-misplaced: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/code-folder-misplaced").findings[0]
    assert first.check.id == "code-folder-misplaced"
    assert "project/code/inference.py" in first.finding.message


def test_beside_the_version():
    outcome = ask("code-folder-misplaced", artifact={"1/saved_model.pb": b"x", "code/inference.py": "x = 1"})
    assert outcome.status is Status.CLEAR


def test_a_copy_below():
    outcome = ask("code-folder-misplaced", artifact={"code/inference.py": "x = 1", "backup/code/inference.py": "x = 1"})
    assert outcome.status is Status.CLEAR


def test_at_the_root():
    outcome = ask("code-folder-misplaced", artifact={"inference.py": "x = 1", "old/code/inference.py": "x = 1"})
    assert outcome.status is Status.CLEAR


def test_named_by_a_variable():
    outcome = ask(
        "code-folder-misplaced",
        artifact={"src/code/inference.py": "", "model.pkl": b"x"},
        env={"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/src/code"},
    )
    assert outcome.status is Status.CLEAR


def test_inside_a_savedmodel():
    outcome = ask(
        "code-folder-misplaced", artifact={"1/saved_model.pb": b"x", "1/code/inference.py": "x = 1", "README.md": ""}
    )
    assert outcome.status is Status.CLEAR


def test_another_script_below():
    outcome = ask(
        "code-folder-misplaced", artifact={"1/code/train.py": "", "1/saved_model.pb": b"x", "2/saved_model.pb": b"x"}
    )
    assert outcome.status is Status.CLEAR
