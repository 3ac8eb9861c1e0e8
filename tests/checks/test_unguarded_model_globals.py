"""Tests of the check unguarded-model-globals."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/unguarded-model-globals").findings[0]
    assert first.check.id == "unguarded-model-globals"
    assert "MODEL" in first.finding.message


def test_a_lock_is_clear():
    code = (
        "import threading\n"
        "import joblib\n"
        "\n"
        "L = threading.Lock()\n"
        "M = None\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    global M\n"
        "    with L:\n"
        "        if M is None:\n"
        "            M = joblib.load('/opt/ml/model/m')\n"
        "    return M\n"
    )
    assert ask("unguarded-model-globals", artifact={"code/inference.py": code}).status is Status.CLEAR
