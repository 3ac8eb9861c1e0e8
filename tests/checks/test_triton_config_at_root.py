"""triton-config-at-root: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import CONFIG, LINE, PYTHON


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-config-at-root")
    assert found.check.id == "triton-config-at-root"
    assert "config.pbtxt lies at the root" in found.finding.message


def test_a_folder_for_the_model():
    outcome = ask("triton-config-at-root", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_another_stack():
    outcome = ask("triton-config-at-root", artifact={"config.pbtxt": CONFIG, "1/model.py": PYTHON}, stack="pytorch")
    assert outcome.status is Status.CLEAR


def test_several_models_are_loaded_otherwise():
    outcome = ask(
        "triton-config-at-root",
        artifact={"config.pbtxt": CONFIG},
        stack="triton",
        env={"SAGEMAKER_MULTI_MODEL": "true"},
    )
    assert outcome.status is Status.CLEAR
