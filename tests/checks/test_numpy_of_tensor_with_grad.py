"""Tests of the check numpy-of-tensor-with-grad."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/numpy-of-tensor-with-grad").findings[0]
    assert first.check.id == "numpy-of-tensor-with-grad"
    assert "calls numpy()" in first.finding.message


def test_detach_is_clear():
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
    assert ask("numpy-of-tensor-with-grad", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_no_grad_is_clear():
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
        "    with torch.no_grad():\n"
        "        return m(x).numpy()\n"
    )
    assert ask("numpy-of-tensor-with-grad", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_argmax_has_no_gradients():
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
        "    return m(x).argmax(1).numpy()\n"
    )
    assert ask("numpy-of-tensor-with-grad", artifact={"code/inference.py": code}).status is Status.CLEAR
