"""Tests of the check numpy-array-into-torch-module."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/numpy-array-into-torch-module").findings[0]
    assert first.check.id == "numpy-array-into-torch-module"
    assert "input_data" in first.finding.message


def test_a_forward_that_converts_is_clear():
    code = (
        "import numpy as np\n"
        "import torch\n"
        "\n"
        "\n"
        "class Net(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        return torch.from_numpy(x)\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    return Net()\n"
        "\n"
        "\n"
        "def input_fn(b, c):\n"
        "    return np.array(b)\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return m(x)\n"
    )
    assert ask("numpy-array-into-torch-module", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_tensor_made_on_the_way_is_clear():
    code = (
        "import numpy as np\n"
        "import torch\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    return torch.jit.load(d + '/m')\n"
        "\n"
        "\n"
        "def input_fn(b, c):\n"
        "    return np.array(b)\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    x = torch.from_numpy(x)\n"
        "    return m(x)\n"
    )
    assert ask("numpy-array-into-torch-module", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_sklearn_model_takes_arrays():
    code = (
        "import numpy as np\n"
        "import joblib\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    return joblib.load(d + '/m')\n"
        "\n"
        "\n"
        "def input_fn(b, c):\n"
        "    return np.array(b)\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return m(x)\n"
    )
    assert ask("numpy-array-into-torch-module", artifact={"code/inference.py": code}).status is Status.CLEAR
