"""Tests of the check output-not-json."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/output-not-json").findings[0]
    assert first.check.id == "output-not-json"
    assert "ndarray" in first.finding.message


def test_tolist_is_clear():
    code = (
        "import json\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def output_fn(p, accept):\n"
        "    return json.dumps({'a': np.array(p).tolist()})\n"
    )
    assert ask("output-not-json", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_default_is_clear():
    code = (
        "import json\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def output_fn(p, accept):\n"
        "    return json.dumps(np.array(p), default=list)\n"
    )
    assert ask("output-not-json", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_tensor():
    code = "import json\nimport torch\n\n\ndef output_fn(p, accept):\n    return json.dumps({'a': [torch.tensor(p)]})\n"
    outcome = ask("output-not-json", artifact={"code/inference.py": code})
    assert outcome.status is Status.FOUND
    assert "Tensor" in outcome.findings[0].message
