"""tokenizer-missing: the fixture first, near misses clear."""

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
    first = examine("sick/tokenizer-missing").findings[0]
    assert first.check.id == "tokenizer-missing"
    assert "bert" in first.finding.message
    assert "4.57.6" in first.finding.message


def test_transformers_5():
    first = examine("sick/tokenizer-missing--transformers-5").findings[0]
    assert first.check.id == "tokenizer-missing"
    assert "5.23.0" in first.finding.message
    assert "every word is unknown" in first.finding.message


def test_there():
    outcome = ask(
        "tokenizer-missing",
        artifact={"config.json": CONFIG, "model.safetensors": b"weights", "vocab.txt": "[UNK]\n"},
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_the_script_takes_another():
    outcome = ask(
        "tokenizer-missing",
        artifact={
            "config.json": CONFIG,
            "model.safetensors": b"x",
            "words/vocab.txt": "a",
            "code/inference.py": SCRIPT.replace(
                "AutoTokenizer.from_pretrained(model_dir)", "AutoTokenizer.from_pretrained(model_dir + '/words')"
            ),
        },
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_a_task_without_words():
    outcome = ask(
        "tokenizer-missing",
        artifact={"config.json": CONFIG, "model.safetensors": b"x"},
        stack="huggingface",
        env={"HF_TASK": "image-classification"},
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_a_type_that_was_not_measured():
    files = {"config.json": CONFIG.replace("bert", "canine"), "model.safetensors": b"x"}
    serving = {"transformers": "4.57.6"}
    assert ask("tokenizer-missing", artifact=files, stack="huggingface", serving=serving).status is Status.UNKNOWN
