"""Tests of the check sequences-need-equal-length."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/sequences-need-equal-length").findings[0]
    assert first.check.id == "sequences-need-equal-length"
    assert "'left' and 'right'" in first.finding.message


def test_padding_is_clear():
    code = (
        "import json\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def input_fn(b, c):\n"
        "    d = json.loads(b)\n"
        "    a, e = np.array(d['a']), np.array(d['e'])\n"
        "    if a.shape != e.shape:\n"
        "        raise ValueError('lengths')\n"
        "    return np.concatenate([a, e], axis=1)\n"
    )
    assert ask("sequences-need-equal-length", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_names_of_models_are_no_fields():
    code = (
        "import numpy as np\n"
        "\n"
        "\n"
        "def predict_fn(x, assets):\n"
        "    return np.concatenate([assets['a'].transform(x), assets['b'].transform(x)], axis=1)\n"
    )
    assert ask("sequences-need-equal-length", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_the_first_axis_is_clear():
    code = (
        "import json\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def input_fn(b, c):\n"
        "    d = json.loads(b)\n"
        "    return np.concatenate([np.array(d['a']), np.array(d['e'])], axis=0)\n"
    )
    assert ask("sequences-need-equal-length", artifact={"code/inference.py": code}).status is Status.CLEAR
