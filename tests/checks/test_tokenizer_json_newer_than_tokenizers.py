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


LLAMA_STEPS = """{"normalizer": {"type": "Prepend"}, "pre_tokenizer": null, "post_processor": null,
"decoder": {"type": "Fuse"}, "model": {"type": "BPE", "merges": ["a b"]}}"""
BY_FILE = """import os

from tokenizers import Tokenizer


def model_fn(model_dir):
    return Tokenizer.from_file(os.path.join(model_dir, "tokenizer.json"))
"""


def by_file(version, text=LLAMA_STEPS):
    return ask(
        "tokenizer-json-newer-than-tokenizers",
        artifact={"tokenizer.json": text, "code/inference.py": BY_FILE},
        serving={"tokenizers": version},
        stack="pytorch",
    )


def test_parts_of_a_newer_tokenizers():
    (finding,) = by_file("0.11.6").findings
    assert "normalizer Prepend" in finding.message
    assert finding.log.endswith("untagged enum PyNormalizerTypeWrapper")
    assert by_file("0.13.3").status is Status.CLEAR
    assert by_file("0.19.1", LLAMA_STEPS.replace('"a b"', '["a", "b"]')).findings[0].log.endswith("ModelWrapper")
