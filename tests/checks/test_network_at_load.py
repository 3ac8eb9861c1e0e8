"""Tests of the check network-at-load."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/network-at-load").findings[0]
    assert first.check.id == "network-at-load"
    assert "urllib.request.urlopen" in first.finding.message


def test_from_pretrained_of_the_folder_is_clear():
    code = (
        "from transformers import AutoModel\n"
        "\n"
        "\n"
        "def model_fn(model_dir):\n"
        "    return AutoModel.from_pretrained(model_dir)\n"
    )
    assert ask("network-at-load", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_name_of_the_hub():
    code = (
        "from transformers import AutoModel\n"
        "\n"
        "\n"
        "def model_fn(model_dir):\n"
        "    return AutoModel.from_pretrained('bert-base-uncased')\n"
    )
    outcome = ask("network-at-load", artifact={"code/inference.py": code})
    assert outcome.status is Status.FOUND
    assert "bert-base-uncased" in outcome.findings[0].message


def test_a_pipeline_of_a_loaded_model_fetches_nothing():
    code = (
        "from transformers import AutoModel, AutoTokenizer, pipeline\n"
        "\n"
        "\n"
        "def model_fn(model_dir):\n"
        "    model = AutoModel.from_pretrained(model_dir)\n"
        "    return pipeline('text-classification', model=model, tokenizer=AutoTokenizer.from_pretrained(model_dir))\n"
    )
    assert ask("network-at-load", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_a_pipeline_of_a_name():
    code = (
        "from transformers import pipeline\n"
        "\n"
        "\n"
        "def model_fn(model_dir):\n"
        "    return pipeline('text-classification', model='distilbert-base-uncased')\n"
    )
    assert ask("network-at-load", artifact={"code/inference.py": code}).status is Status.FOUND
