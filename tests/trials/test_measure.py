"""The step "measure": on a real GPU where there is one, else that it says why it can't."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.trials.environments import SKLEARN, TORCH, interpreter
from tests.trials.probing import probed

SCRIPT = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(1024, 4096)
        self.last = nn.Linear(4096, 10)
        self.register_buffer("mean", torch.zeros(1024))

    def forward(self, rows):
        return self.last(torch.relu(self.first(rows - self.mean)))


def model_fn(model_dir):
    return Net().to("cuda" if torch.cuda.is_available() else "cpu").eval()
"""
WEIGHTS = 4 * (1024 * 4096 + 4096 + 4096 * 10 + 10)
ASK = "import torch; raise SystemExit(not torch.cuda.is_available())"


@pytest.fixture
def cuda():
    """A Python whose PyTorch sees a GPU: DOCTOR_CUDA_PYTHON, else the one that runs the tests."""
    python = os.environ.get("DOCTOR_CUDA_PYTHON", sys.executable)
    if subprocess.run([python, "-c", ASK], capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: no PyTorch here sees a GPU; name a Python whose does in DOCTOR_CUDA_PYTHON")
    return python


def measured(folder, python, **said):
    files = {"code/inference.py": SCRIPT}
    return probed(folder, python, "measure", files, stack="pytorch", env={"SAGEMAKER_PROGRAM": "inference.py"}, **said)


def test_on_a_gpu(cuda, tmp_path):
    value = measured(tmp_path, cuda, memory={"batches": [8]})["value"]
    assert value["on_gpu"]
    assert (value["parameters"], value["buffers"], value["batch"]) == (WEIGHTS, 4096, 8)
    assert value["parameters"] <= value["loaded_allocated"] <= value["loaded_reserved"] <= value["load_reserved"]
    assert value["loaded_allocated"] < value["peak_allocated"] <= value["peak_reserved"] <= value["used"]
    assert len(value["calls"]) == 2
    assert value["gradients"] is False
    assert value["total"] > 1 << 30


def test_without_a_gpu(tmp_path):
    failure = measured(tmp_path, interpreter(TORCH))["failure"]
    assert failure["line"] == "endpoint_doctor.NotTried: PyTorch sees no GPU here"


def test_what_pytorch_does_not_run(tmp_path):
    script = "def model_fn(model_dir):\n    return dict\n"
    said = probed(tmp_path, interpreter(SKLEARN), "measure", {"code/inference.py": script}, stack="sklearn",
                  env={"SAGEMAKER_PROGRAM": "inference.py"})  # fmt: skip
    assert "PyTorch isn't what runs the model" in said["failure"]["message"]
