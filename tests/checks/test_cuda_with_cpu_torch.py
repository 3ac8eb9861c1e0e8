"""Tests of the check cuda-with-cpu-torch."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/cuda-with-cpu-torch").findings[0]
    assert first.check.id == "cuda-with-cpu-torch"
    assert "2.13.0+cpu" in first.finding.message


def test_a_build_for_cuda_is_clear():
    code = "import torch\n\n\ndef model_fn(d):\n    return torch.nn.Linear(1, 1).cuda()\n"
    assert (
        ask("cuda-with-cpu-torch", artifact={"code/inference.py": code}, serving={"torch": "2.6.0+cu124"}).status
        is Status.CLEAR
    )
