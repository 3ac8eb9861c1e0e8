"""script-missing: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("script-missing")
    assert found.check.id == "script-missing"
    assert "model.pkl" in found.finding.message


def test_a_script():
    outcome = ask(
        "script-missing", artifact={"model.pkl": b"x", "code/inference.py": "def model_fn(d): ..."}, stack="sklearn"
    )
    assert outcome.status is Status.CLEAR


def test_fetched_at_start():
    outcome = ask(
        "script-missing",
        artifact={"model.pkl": b"x"},
        stack="sklearn",
        env={"SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/k.tar.gz"},
    )
    assert outcome.status is Status.CLEAR


def test_a_script_elsewhere_is_another_check_s():
    outcome = ask("script-missing", artifact={"model.pkl": b"x", "src/train.py": ""}, stack="sklearn")
    assert outcome.status is Status.CLEAR


def test_mxnet_imports_a_script_in_any_case():
    found = first("script-missing--mxnet")
    assert found.check.id == "script-missing"
    assert found.finding.log == "ValueError: import_module exception: No module named 'inference'"
