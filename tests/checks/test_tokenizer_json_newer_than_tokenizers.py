"""tokenizer-json-newer-than-tokenizers: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

LLAMA = '{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'
PAIRS = '{"model": {"merges": [["a", "b"]]}}'
FILES = {"config.json": LLAMA, "model.safetensors": b"x", "tokenizer.json": PAIRS}


def test_sick():
    first = examine("sick/tokenizer-json-newer-than-tokenizers").findings[0]
    assert first.check.id == "tokenizer-json-newer-than-tokenizers"
    assert "0.15.2" in first.finding.message


def test_new_enough():
    outcome = ask(
        "tokenizer-json-newer-than-tokenizers", artifact=FILES, stack="huggingface", serving={"tokenizers": "0.20.0"}
    )
    assert outcome.status is Status.CLEAR


def test_merges_as_text():
    outcome = ask(
        "tokenizer-json-newer-than-tokenizers",
        artifact={**FILES, "tokenizer.json": '{"model": {"merges": ["a b"]}}'},
        stack="huggingface",
        serving={"tokenizers": "0.15.2"},
    )
    assert outcome.status is Status.CLEAR
