"""Tests of the check cuda-without-gpu."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/cuda-without-gpu").findings[0]
    assert first.check.id == "cuda-without-gpu"
    assert "ml.m5.xlarge" in first.finding.message


def test_asking_first_is_clear():
    code = (
        "import torch\n"
        "\n"
        "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    return torch.nn.Linear(1, 1).to(device)\n"
    )
    assert ask("cuda-without-gpu", artifact={"code/inference.py": code}, instance="ml.m5.xlarge").status is Status.CLEAR


def test_a_branch_is_clear():
    code = (
        "import torch\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    m = torch.nn.Linear(1, 1)\n"
        "    if torch.cuda.is_available():\n"
        "        m = m.cuda()\n"
        "    return m\n"
    )
    assert ask("cuda-without-gpu", artifact={"code/inference.py": code}, instance="ml.m5.xlarge").status is Status.CLEAR


def test_a_gpu_is_clear():
    code = "import torch\n\n\ndef model_fn(d):\n    return torch.nn.Linear(1, 1).cuda()\n"
    assert ask("cuda-without-gpu", artifact={"code/inference.py": code}, instance="ml.g5.xlarge").status is Status.CLEAR
