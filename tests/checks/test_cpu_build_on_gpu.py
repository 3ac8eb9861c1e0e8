"""Tests of the check cpu-build-on-gpu."""

from __future__ import annotations

import pytest

from doctor.model import Severity, Status
from tests.deployments import ask, examine

ID = "cpu-build-on-gpu"


def outcome(imports, packages, instance="ml.g5.xlarge", *, complete=True):
    code = "".join(f"import {name}\n" for name in imports) + "\n\ndef model_fn(d):\n    return d\n"
    parts = {"artifact": {"code/inference.py": code}, "serving": packages, "complete": complete}
    return ask(ID, **parts, python="3.11", stack="pytorch", instance=instance)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert first.check.severity is Severity.NOTE
    assert first.finding.message.startswith("torch 2.13.0+cpu uses no GPU: that of ml.g5.xlarge")


@pytest.mark.parametrize(
    ("imports", "packages"),
    [
        (["torch"], {"torch": "2.5.1+cpu"}),
        (["tensorflow"], {"tensorflow-cpu": "2.15.0"}),
        (["onnxruntime"], {"onnxruntime": "1.20.0"}),
        (["sklearn"], {"scikit-learn": "1.5.0"}),
        (["sklearn", "torch"], {"scikit-learn": "1.5.0", "torch": "2.5.1+cpu"}),
    ],
)
def test_builds_without_cuda(imports, packages):
    assert outcome(imports, packages).status is Status.FOUND
    assert outcome(imports, packages, "ml.m5.xlarge").status is Status.CLEAR


@pytest.mark.parametrize(
    ("imports", "packages"),
    [
        (["torch"], {"torch": "2.5.1"}),
        (["torch"], {"torch": "2.5.1+cu124"}),
        (["torch"], {}),
        (["onnxruntime"], {"onnxruntime": "1.20.0", "onnxruntime-gpu": "1.20.0"}),
        (["sklearn", "torch"], {"scikit-learn": "1.5.0", "torch": "2.5.1"}),
        (["sklearn", "xgboost"], {"scikit-learn": "1.5.0", "xgboost": "2.0.0"}),
        (["json"], {"torch": "2.5.1+cpu"}),
    ],
)
def test_what_may_use_a_gpu_is_clear(imports, packages):
    assert outcome(imports, packages).status is Status.CLEAR


def test_packages_that_are_known_in_part_only():
    assert outcome(["onnxruntime"], {"onnxruntime": "1.20.0"}, complete=False).status is Status.CLEAR
