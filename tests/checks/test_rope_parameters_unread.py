"""rope-parameters-unread: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

LLAMA = '{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "rope_parameters": {"rope_theta": 500000.0}}'
FILES = {"config.json": LLAMA, "model.safetensors": b"x", "tokenizer.json": "{}"}
BERT = '{"model_type": "bert", "architectures": ["BertForMaskedLM"]}'
SERVING = {"transformers": "4.57.6", "torch": "2.13.0", "tokenizers": "0.22.1"}


def test_sick():
    first = examine("sick/rope-parameters-unread").findings[0]
    assert first.check.id == "rope-parameters-unread"
    assert "500000" in first.finding.message
    assert "10000" in first.finding.message
    assert "4.57.6" in first.finding.message


def test_read_by_5():
    outcome = ask("rope-parameters-unread", artifact=FILES, stack="huggingface", serving={"transformers": "5.0.0"})
    assert outcome.status is Status.CLEAR


def test_the_default_is_the_same():
    outcome = ask(
        "rope-parameters-unread",
        artifact={**FILES, "config.json": LLAMA.replace("500000", "10000")},
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_written_for_both():
    outcome = ask(
        "rope-parameters-unread",
        artifact={**FILES, "config.json": LLAMA[:-1] + ', "rope_theta": 500000.0}'},
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_no_rotary_embedding():
    outcome = ask(
        "rope-parameters-unread",
        artifact={"config.json": BERT, "model.safetensors": b"weights", "vocab.txt": "[UNK]\n"},
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR
