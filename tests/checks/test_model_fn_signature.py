"""Tests of the check model-fn-signature."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/model-fn-signature").findings[0]
    assert first.check.id == "model-fn-signature"
    assert "model_fn(data)" in first.finding.message


def test_a_model_that_is_warmed_up_is_clear():
    code = (
        "import joblib\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def model_fn(model_dir):\n"
        "    model = joblib.load(model_dir + '/m')\n"
        "    model.predict(np.array([[1, 2]]))\n"
        "    return model\n"
    )
    assert ask("model-fn-signature", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_an_error_taken_for_a_model_is_said():
    code = (
        "import numpy as np\n"
        "from x import model\n"
        "\n"
        "\n"
        "def model_fn(rows):\n"
        "    try:\n"
        "        return model.predict(np.asarray(rows))\n"
        "    except ValueError as e:\n"
        "        return {'error': e}\n"
    )
    outcome = ask("model-fn-signature", artifact={"code/inference.py": code})
    assert outcome.status is Status.FOUND
    assert "in place of a model" in outcome.findings[0].message
