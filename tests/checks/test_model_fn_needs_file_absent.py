"""Tests of the check model-fn-needs-file-absent."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/model-fn-needs-file-absent").findings[0]
    assert first.check.id == "model-fn-needs-file-absent"
    assert "opens model.pt" in first.finding.message


def test_a_file_that_is_there_is_clear():
    code = "import joblib\n\n\ndef model_fn(d):\n    return joblib.load(f'{d}/m.pkl')\n"
    assert ask("model-fn-needs-file-absent", artifact={"code/inference.py": code, "m.pkl": b"x"}).status is Status.CLEAR


def test_a_path_that_is_tried_is_clear():
    code = (
        "import os\n"
        "import joblib\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    path = os.path.join(d, 'a.pkl')\n"
        "    if os.path.exists(path):\n"
        "        return joblib.load(path)\n"
        "    return None\n"
    )
    assert ask("model-fn-needs-file-absent", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_handler_that_downloads_is_clear():
    code = (
        "import joblib, boto3\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    boto3.client('s3').download_file('b', 'k', '/opt/ml/model/m')\n"
        "    return joblib.load('/opt/ml/model/m')\n"
    )
    assert ask("model-fn-needs-file-absent", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_relative_path_is_in_the_models_folder_under_torchserve():
    code = "import torch\n\n\ndef model_fn(d):\n    return torch.jit.load('model.pt')\n"
    outcome = ask("model-fn-needs-file-absent", artifact={"code/inference.py": code}, stack="pytorch")
    assert outcome.status is Status.FOUND
    assert "model.pt" in outcome.findings[0].message


def test_a_branch_is_not_sure():
    code = (
        "import joblib\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    try:\n"
        "        return joblib.load(f'{d}/old.pkl')\n"
        "    except FileNotFoundError:\n"
        "        return joblib.load(f'{d}/new.pkl')\n"
    )
    assert (
        ask("model-fn-needs-file-absent", artifact={"code/inference.py": code, "new.pkl": b"x"}).status is Status.CLEAR
    )
