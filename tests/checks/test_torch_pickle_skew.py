"""torch-pickle-skew: the fixture first, then what each version wrote under the others."""

from __future__ import annotations

import pytest

from doctor.model import Status
from measurements.stored import objects
from tests.deployments import ask, examine
from tests.torchfiles import handler


def outcome(written, torch, loading="torch.load(path)"):
    files = {"model.pth": objects("torch")[written], "code/inference.py": handler(f"return {loading}")}
    return ask("torch-pickle-skew", artifact=files, serving={"torch": torch})


def test_the_fixture():
    first = examine("sick/torch-pickle-skew").findings[0]
    assert first.check.id == "torch-pickle-skew"
    assert "model.pt names _LinearWithBias, which torch 2.5.1" in first.finding.message
    assert first.finding.log.startswith("AttributeError: Can't get attribute '_LinearWithBias' on")
    assert first.finding.fix.startswith("serve with torch 1.8.1")


@pytest.mark.parametrize(
    ("torch", "status"),
    [("1.8.1", Status.FOUND), ("2.1.2", Status.FOUND), ("2.2.0", Status.UNKNOWN), ("2.3.1", Status.CLEAR)],
)
def test_8_bit_floats(torch, status):
    assert outcome("2.8.0/load-float8.pt", torch).status is status


def test_sparse_tensors_by_layout_and_parts():
    log = outcome("2.1.2/load-sparse.pt", "1.13.1").findings[0].log
    assert log == "ValueError: too many values to unpack (expected 3)"
    assert outcome("1.13.1/load-sparse.pt", "1.8.1").status is Status.CLEAR
    assert outcome("2.1.2/load-csr.pt", "1.8.1").findings[0].log == "KeyError: 'torch.sparse_csr'"
    assert outcome("2.1.2/load-csr.pt", "2.3.1").status is Status.CLEAR


def test_weights_only_wraps_the_error():
    only = outcome("2.1.2/load-csr.pt", "1.13.1", "torch.load(path, weights_only=True)").findings[0].log
    assert only.startswith("_pickle.UnpicklingError: Weights only load failed.")
    assert outcome("2.1.2/load-csr.pt", "1.13.1").findings[0].log.startswith("NotImplementedError: ")


@pytest.mark.parametrize("torch", ["1.8.1", "1.10.2", "1.13.1", "2.0.1", "2.13.0"])
def test_plain_weights_go_everywhere(torch):
    assert outcome("2.13.0/load-state.pt", torch).status is Status.CLEAR
    assert outcome("2.13.0/old-training.pt", torch).status is Status.CLEAR
