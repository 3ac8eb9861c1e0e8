"""Tests of the check hub-model-while-offline."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/hub-model-while-offline").findings[0]
    assert first.check.id == "hub-model-while-offline"
    assert "distilbert" in first.finding.message


def test_online_is_clear():
    code = (
        "from transformers import AutoModel\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    return AutoModel.from_pretrained('bert-base-uncased')\n"
    )
    assert ask("hub-model-while-offline", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_folder_of_the_archive_is_clear():
    code = "from transformers import AutoModel\n\n\ndef model_fn(d):\n    return AutoModel.from_pretrained(d)\n"
    assert (
        ask("hub-model-while-offline", artifact={"code/inference.py": code}, env={"HF_HUB_OFFLINE": "1"}).status
        is Status.CLEAR
    )
