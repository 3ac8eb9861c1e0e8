"""config-missing: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'
SCRIPT = """from transformers import AutoModelForSequenceClassification, AutoTokenizer


def model_fn(model_dir):
    return AutoModelForSequenceClassification.from_pretrained(model_dir), AutoTokenizer.from_pretrained(model_dir)
"""
HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/config-missing").findings[0]
    assert first.check.id == "config-missing"
    assert "pytorch_model.bin" in first.finding.message
    assert "AutoModelForSequenceClassification" in first.finding.message


def test_no_model_type():
    first = examine("sick/config-missing--no-model-type").findings[0]
    assert first.check.id == "config-missing"
    assert "model_type" in first.finding.message


def test_with_config():
    outcome = ask(
        "config-missing",
        artifact={"config.json": CONFIG, "model.safetensors": b"x", "code/inference.py": SCRIPT},
        stack="huggingface",
    )
    assert outcome.status is Status.CLEAR


def test_config_given_by_the_script():
    outcome = ask(
        "config-missing",
        artifact={
            "model.safetensors": b"x",
            "code/inference.py": SCRIPT.replace("(model_dir)", "(model_dir, config=CONFIG)"),
        },
        stack="pytorch",
    )
    assert outcome.status is Status.CLEAR


def test_weights_that_torch_loads():
    outcome = ask("config-missing", artifact={"model.safetensors": b"x", "code/inference.py": HANDLER}, stack="pytorch")
    assert outcome.status is Status.CLEAR


def test_a_config_without_a_type_is_the_evidence():
    finding = examine("sick/config-missing--no-model-type").findings[0].finding
    assert finding.message.startswith('config.json has no "model_type", so AutoModel')
    assert finding.evidence[0].where == "artifact:config.json"
