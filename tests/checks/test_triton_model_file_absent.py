"""triton-model-file-absent: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import CONFIG, LINE, PYTHON


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-model-file-absent")
    assert found.check.id == "triton-model-file-absent"
    assert "line/1/model.py" in found.finding.message
    assert "inference.py" in found.finding.message


def test_sick_torchscript():
    found = first("triton-model-file-absent--torchscript")
    assert found.check.id == "triton-model-file-absent"
    assert "cub200_resnet34/1/model.pt" in found.finding.message
    assert "resnet34.pt" in found.finding.message


def test_there():
    outcome = ask("triton-model-file-absent", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_named_in_the_configuration():
    outcome = ask(
        "triton-model-file-absent",
        artifact={"line/config.pbtxt": CONFIG + 'default_model_filename: "a.py"', "line/1/a.py": PYTHON},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR


def test_a_backend_that_chooses_itself():
    outcome = ask(
        "triton-model-file-absent",
        artifact={"line/config.pbtxt": CONFIG.replace("python", "fil"), "line/1/xgboost.json": "{}"},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR
