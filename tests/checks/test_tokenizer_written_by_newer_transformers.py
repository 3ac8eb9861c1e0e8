"""tokenizer-written-by-newer-transformers: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

LLAMA = '{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'
BACKEND = '{"tokenizer_class": "TokenizersBackend"}'
FILES = {"config.json": LLAMA, "model.safetensors": b"x", "tokenizer.json": "{}", "tokenizer_config.json": BACKEND}
SCRIPT = """from transformers import PreTrainedTokenizerFast


def model_fn(model_dir):
    return PreTrainedTokenizerFast.from_pretrained(model_dir)
"""
SERVING = {"transformers": "4.57.6", "torch": "2.13.0", "tokenizers": "0.22.1"}


def test_sick():
    first = examine("sick/tokenizer-written-by-newer-transformers").findings[0]
    assert first.check.id == "tokenizer-written-by-newer-transformers"
    assert "TokenizersBackend" in first.finding.message
    assert "4.57.6" in first.finding.message


def test_read_by_5():
    outcome = ask(
        "tokenizer-written-by-newer-transformers",
        artifact=FILES,
        stack="huggingface",
        serving={"transformers": "5.0.0"},
    )
    assert outcome.status is Status.CLEAR


def test_a_class_that_both_have():
    outcome = ask(
        "tokenizer-written-by-newer-transformers",
        artifact={**FILES, "tokenizer_config.json": BACKEND.replace("TokenizersBackend", "LlamaTokenizer")},
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_not_found_by_its_class():
    outcome = ask(
        "tokenizer-written-by-newer-transformers",
        artifact={
            **FILES,
            "code/inference.py": SCRIPT,
        },
        stack="huggingface",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR
