"""architecture-unknown-to-transformers: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'
SCRIPT = """from transformers import AutoModelForSequenceClassification, AutoTokenizer


def model_fn(model_dir):
    return AutoModelForSequenceClassification.from_pretrained(model_dir), AutoTokenizer.from_pretrained(model_dir)
"""
SERVING = {"transformers": "4.57.6", "torch": "2.13.0", "tokenizers": "0.22.1"}


def test_sick():
    first = examine("sick/architecture-unknown-to-transformers").findings[0]
    assert first.check.id == "architecture-unknown-to-transformers"
    assert "modernbert" in first.finding.message
    assert "4.37.2" in first.finding.message
    assert "4.48" in first.finding.message


def test_no_release():
    first = examine("sick/architecture-unknown-to-transformers--no-release").findings[0]
    assert first.check.id == "architecture-unknown-to-transformers"
    assert "mplug_docowl" in first.finding.message
    assert "no release" in first.finding.message


def test_known():
    outcome = ask(
        "architecture-unknown-to-transformers",
        artifact={"config.json": CONFIG, "model.safetensors": b"weights", "vocab.txt": "[UNK]\n"},
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_a_class_by_name():
    outcome = ask(
        "architecture-unknown-to-transformers",
        artifact={
            "config.json": CONFIG.replace('"bert"', '"mplug_docowl"'),
            "model.safetensors": b"x",
            "code/inference.py": SCRIPT.replace("AutoModelForSequenceClassification", "BertForSequenceClassification"),
        },
        stack="pytorch",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_registered_by_the_script():
    outcome = ask(
        "architecture-unknown-to-transformers",
        artifact={
            "config.json": CONFIG.replace('"bert"', '"acme"'),
            "model.safetensors": b"x",
            "code/inference.py": "from transformers import AutoConfig\nAutoConfig.register('acme', object)\n" + SCRIPT,
        },
        stack="pytorch",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_between_two_measured_versions():
    files = {"config.json": CONFIG.replace('"bert"', '"code_llama"'), "model.safetensors": b"x"}
    outcome = ask(
        "architecture-unknown-to-transformers", artifact=files, stack="huggingface", serving={"transformers": "5.9.0"}
    )
    assert outcome.status is Status.UNKNOWN


def test_vllm_reads_the_config_by_transformers():
    first = examine("sick/architecture-unknown-to-transformers--vllm").findings[0]
    assert first.check.id == "architecture-unknown-to-transformers"
    assert "'qwen2'" in first.finding.message and "4.36.2" in first.finding.message
