"""default-model-file-absent: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/default-model-file-absent").findings[0]
    assert first.check.id == "default-model-file-absent"
    assert "none at the root" in first.finding.message


def test_xgboost():
    first = examine("sick/default-model-file-absent--xgboost").findings[0]
    assert first.check.id == "default-model-file-absent"
    assert "model/xgboost-model.json" in first.finding.message


def test_model_pt():
    outcome = ask("default-model-file-absent", artifact={"model.pt": b"x", "other.pth": b"x"}, stack="pytorch")
    assert outcome.status is Status.CLEAR


def test_the_only_one():
    outcome = ask("default-model-file-absent", artifact={"net.pth": b"x"}, stack="pytorch")
    assert outcome.status is Status.CLEAR


def test_a_script():
    outcome = ask(
        "default-model-file-absent", artifact={"weights.bin": b"x", "code/inference.py": "x = 1"}, stack="pytorch"
    )
    assert outcome.status is Status.CLEAR


def test_a_lone_folder():
    outcome = ask("default-model-file-absent", artifact={"m/model.pt": b"x"}, stack="pytorch")
    assert outcome.status is Status.CLEAR


def test_mxnet():
    outcome = ask(
        "default-model-file-absent",
        artifact={"model-symbol.json": "", "model-0000.params": b"x", "model-shapes.json": ""},
        stack="mxnet",
    )
    assert outcome.status is Status.CLEAR


def test_another_stack():
    outcome = ask("default-model-file-absent", artifact={"model.joblib": b"x"}, stack="sklearn")
    assert outcome.status is Status.CLEAR


def test_two_of_them():
    outcome = ask("default-model-file-absent", artifact={"a.pt": b"x", "b.pth": b"x"}, stack="pytorch")
    assert "['a.pt', 'b.pth']" in outcome.findings[0].log


def test_mxnet_without_shapes():
    files = {"model-symbol.json": "", "model-0000.params": b"x"}
    assert "model-shapes.json" in ask("default-model-file-absent", artifact=files, stack="mxnet").findings[0].message


def test_the_fix_says_where_the_model_belongs():
    finding = examine("sick/default-model-file-absent--xgboost").findings[0].finding
    assert finding.fix.endswith("or put it at the root of the archive")
