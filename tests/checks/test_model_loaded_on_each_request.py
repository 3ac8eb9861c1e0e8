"""Tests of the check model-loaded-on-each-request."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/model-loaded-on-each-request").findings[0]
    assert first.check.id == "model-loaded-on-each-request"
    assert "for each request" in first.finding.message


def test_a_cache_is_clear():
    code = (
        "import functools\n"
        "import joblib\n"
        "\n"
        "\n"
        "@functools.lru_cache\n"
        "def load():\n"
        "    return joblib.load('/opt/ml/model/m')\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return load().predict(x)\n"
    )
    assert ask("model-loaded-on-each-request", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_check_for_none_is_clear():
    code = (
        "import joblib\n"
        "\n"
        "M = None\n"
        "\n"
        "\n"
        "def get():\n"
        "    global M\n"
        "    if M is None:\n"
        "        M = joblib.load('/opt/ml/model/m')\n"
        "    return M\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return get().predict(x)\n"
    )
    assert ask("model-loaded-on-each-request", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_dictionary_is_clear():
    code = (
        "import joblib\n"
        "\n"
        "MODELS = {}\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    if 'a' not in MODELS:\n"
        "        MODELS['a'] = joblib.load('/opt/ml/model/m')\n"
        "    return MODELS['a'].predict(x)\n"
    )
    assert ask("model-loaded-on-each-request", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_decoding_the_request_is_clear():
    code = "import io\nimport torch\n\n\ndef input_fn(body, content_type):\n    return torch.load(io.BytesIO(body))\n"
    assert ask("model-loaded-on-each-request", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_through_a_helper():
    code = (
        "import joblib\n"
        "\n"
        "\n"
        "def load():\n"
        "    return joblib.load('/opt/ml/model/m')\n"
        "\n"
        "\n"
        "def transform_fn(m, d, c, a):\n"
        "    return load().predict(d)\n"
    )
    outcome = ask("model-loaded-on-each-request", artifact={"code/inference.py": code})
    assert outcome.status is Status.FOUND
    assert "/opt/ml/model/m" in outcome.findings[0].message


def test_in_a_route():
    code = (
        "import joblib\n"
        "from flask import Flask\n"
        "\n"
        "app = Flask(__name__)\n"
        "\n"
        "\n"
        "@app.route('/invocations')\n"
        "def ask():\n"
        "    return joblib.load('/opt/ml/model/m').predict([[1]])\n"
    )
    outcome = ask("model-loaded-on-each-request", artifact={"code/inference.py": code})
    assert outcome.status is Status.FOUND
    assert "in ask" in outcome.findings[0].message
