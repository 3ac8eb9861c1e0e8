"""handler-file-named-otherwise: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/handler-file-named-otherwise").findings[0]
    assert first.check.id == "handler-file-named-otherwise"
    assert "code/predict.py" in first.finding.message
    assert "code/inference.py" in first.finding.message


def test_variable():
    first = examine("sick/handler-file-named-otherwise--variable").findings[0]
    assert first.check.id == "handler-file-named-otherwise"
    assert "project/code/serve.py" in first.finding.message


def test_named_by_the_variable():
    outcome = ask(
        "handler-file-named-otherwise",
        artifact={"code/serve.py": "def model_fn(model_dir):\n    return 1\n"},
        stack="pytorch",
        env={"SAGEMAKER_PROGRAM": "serve.py"},
    )
    assert outcome.status is Status.CLEAR


def test_fetched_from_elsewhere():
    outcome = ask(
        "handler-file-named-otherwise",
        artifact={"code/serve.py": "def model_fn(model_dir):\n    return 1\n"},
        stack="pytorch",
        env={"SAGEMAKER_PROGRAM": "x.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/code.tar.gz"},
    )
    assert outcome.status is Status.CLEAR


def test_a_module_without_hooks():
    outcome = ask(
        "handler-file-named-otherwise",
        artifact={"code/features.py": "def scale(x):\n    return x\n", "model.pt": b"x"},
        stack="pytorch",
    )
    assert outcome.status is Status.CLEAR


def test_another_stack():
    outcome = ask(
        "handler-file-named-otherwise",
        artifact={"code/serve.py": "def model_fn(model_dir):\n    return 1\n"},
        stack="sklearn",
    )
    assert outcome.status is Status.CLEAR
