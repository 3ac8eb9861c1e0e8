"""Tests of the check hook-signature."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

TOOLKIT = {"sagemaker-inference": "1.10.1"}


def test_is_first_on_its_fixture():
    first = examine("sick/hook-signature").findings[0]
    assert first.check.id == "hook-signature"
    assert "predict_fn takes (input_data)" in first.finding.message


def test_a_context_is_welcome():
    code = "def model_fn(model_dir, context=None):\n    return 1\n"
    assert (
        ask("hook-signature", artifact={"code/inference.py": code}, stack="pytorch", serving=TOOLKIT).status
        is Status.CLEAR
    )


def test_flask_like_stacks_take_defaults():
    code = "def model_fn(model_dir, a=1, b=2):\n    return 1\n"
    assert (
        ask("hook-signature", artifact={"code/inference.py": code}, stack="sklearn", serving=TOOLKIT).status
        is Status.CLEAR
    )


def test_star_arguments_count_as_parameters():
    code = "def model_fn(*args, **options):\n    return lambda: 1\n\n\ndef predict_fn(a, b, c, *d):\n    return 1\n"
    outcome = ask("hook-signature", artifact={"code/inference.py": code}, stack="pytorch", serving=TOOLKIT)
    assert outcome.status is Status.FOUND
    assert "predict_fn" in outcome.findings[0].message


def test_a_decorated_function_may_be_anything():
    code = "from functools import partial\nimport other\n\n\n@other.wrap\ndef predict_fn(a):\n    return 1\n"
    assert (
        ask("hook-signature", artifact={"code/inference.py": code}, stack="pytorch", serving=TOOLKIT).status
        is Status.CLEAR
    )


def test_functions_behind_transform_fn_are_not_called():
    code = "def transform_fn(m, d, c, a):\n    return predict_fn(d)\n\n\ndef predict_fn(d):\n    return d\n"
    assert (
        ask("hook-signature", artifact={"code/inference.py": code}, stack="pytorch", serving=TOOLKIT).status
        is Status.CLEAR
    )


def test_an_older_toolkit_just_calls():
    code = "def model_fn(model_dir, name='a', device='cpu'):\n    return 1\n"
    old = ask(
        "hook-signature",
        artifact={"code/inference.py": code},
        stack="pytorch",
        serving={"sagemaker-inference": "1.6.1"},
    )
    assert old.status is Status.CLEAR
    new = ask("hook-signature", artifact={"code/inference.py": code}, stack="pytorch", serving=TOOLKIT)
    assert new.findings[0].log == "TypeError: model_fn takes 3 arguments but 1 were given."
