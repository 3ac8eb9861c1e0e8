"""Tests of the check numpy-of-gpu-tensor."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/numpy-of-gpu-tensor").findings[0]
    assert first.check.id == "numpy-of-gpu-tensor"
    assert "ml.g5.xlarge" in first.finding.message


def test_cpu_is_clear():
    code = (
        "import torch\n"
        "\n"
        "\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.d = torch.nn.Dropout()\n"
        "        self.l = torch.nn.Linear(1, 1)\n"
        "\n"
        "    def forward(self, x):\n"
        "        return self.l(self.d(x))\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    m = Net()\n"
        "    m.load_state_dict(torch.load(d + '/m'))\n"
        "    return m.to('cuda')\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return m(x).cpu().numpy()\n"
    )
    assert (
        ask("numpy-of-gpu-tensor", artifact={"code/inference.py": code}, instance="ml.g5.xlarge").status is Status.CLEAR
    )


def test_a_model_that_stays_on_the_cpu_is_clear():
    code = (
        "import torch\n"
        "\n"
        "\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.d = torch.nn.Dropout()\n"
        "        self.l = torch.nn.Linear(1, 1)\n"
        "\n"
        "    def forward(self, x):\n"
        "        return self.l(self.d(x))\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    m = Net()\n"
        "    m.load_state_dict(torch.load(d + '/m'))\n"
        "    return m\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return m(x).detach().numpy()\n"
    )
    assert (
        ask("numpy-of-gpu-tensor", artifact={"code/inference.py": code}, instance="ml.g5.xlarge").status is Status.CLEAR
    )
