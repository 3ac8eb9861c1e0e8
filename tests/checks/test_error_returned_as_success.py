"""Tests of the check error-returned-as-success."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/error-returned-as-success").findings[0]
    assert first.check.id == "error-returned-as-success"
    assert "{'error': ...}" in first.finding.message


def test_raising_again_is_clear():
    code = (
        "def predict_fn(x, m):\n"
        "    try:\n"
        "        return m(x)\n"
        "    except ValueError as e:\n"
        "        raise RuntimeError({'error': 1}) from e\n"
    )
    assert ask("error-returned-as-success", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_status_is_clear():
    code = (
        "from flask import Flask, jsonify\n"
        "\n"
        "app = Flask(__name__)\n"
        "\n"
        "\n"
        "@app.route('/invocations')\n"
        "def ask():\n"
        "    try:\n"
        "        return jsonify(1)\n"
        "    except ValueError:\n"
        "        return jsonify({'error': 'bad'}), 400\n"
    )
    assert ask("error-returned-as-success", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_score_named_error_is_clear():
    code = "def predict_fn(x, m):\n    return {'prediction': m(x), 'error': 0.1, 'a': 1, 'b': 2}\n"
    assert ask("error-returned-as-success", artifact={"code/inference.py": code}).status is Status.CLEAR
