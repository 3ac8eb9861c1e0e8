"""Tests of the check no-eval."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/no-eval").findings[0]
    assert first.check.id == "no-eval"
    assert "Dropout" in first.finding.message


def test_eval_is_clear():
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
        "    return m.eval()\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return m(x)\n"
    )
    assert ask("no-eval", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_the_default_predict_fn_calls_it():
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
    )
    assert ask("no-eval", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_no_layer_differs():
    code = (
        "import torch\n"
        "\n"
        "\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.d = torch.nn.Identity()\n"
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
        "    return m(x)\n"
    )
    assert ask("no-eval", artifact={"code/inference.py": code}).status is Status.CLEAR
