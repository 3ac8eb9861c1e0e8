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


def test_extra_tokens_as_a_list():
    first = examine("sick/tokenizer-written-by-newer-transformers--extra-tokens").findings[0]
    assert first.check.id == "tokenizer-written-by-newer-transformers"
    assert first.finding.log == "AttributeError: 'list' object has no attribute 'keys'"


def by_class(name, version, more="", tokenizer="{}"):
    config = f'{{"tokenizer_class": "{name}"{more}}}'
    return ask(
        "tokenizer-written-by-newer-transformers",
        artifact={
            "config.json": '{"model_type": "qwen2"}',
            "tokenizer.json": tokenizer,
            "tokenizer_config.json": config,
            "model.safetensors": b"x",
        },
        serving={"transformers": version, "tokenizers": "0.15.2"},
        python="3.11",
        stack="huggingface",
        env={"HF_TASK": "text-generation"},
    )


def test_a_class_of_a_newer_model():
    assert "transformers>=4.37.2" in by_class("Qwen2Tokenizer", "4.31.0").findings[0].fix
    assert by_class("Qwen2TokenizerFast", "4.31.0").status is Status.FOUND
    assert by_class("Qwen2Tokenizer", "4.35.2").status is Status.UNKNOWN
    assert by_class("Qwen2Tokenizer", "4.37.2").status is Status.CLEAR
    assert by_class("BertTokenizer", "4.31.0").status is Status.CLEAR


def test_only_some_releases_refuse_a_list():
    more = ', "extra_special_tokens": ["<a>"]'
    assert by_class("Qwen2Tokenizer", "4.45.2", more).status is Status.CLEAR
    assert by_class("Qwen2Tokenizer", "4.57.6", more).findings[0].log.startswith("ImportError: requires the protobuf")
    assert by_class("Qwen2Tokenizer", "5.0.0", more).status is Status.CLEAR
    assert by_class("Qwen2Tokenizer", "4.57.6", ', "extra_special_tokens": {}').status is Status.CLEAR


def test_a_tokenizer_without_pre_tokenizer():
    parts = (
        '{"normalizer": null, "pre_tokenizer": %s, "post_processor": {"type": "ByteLevel"}, "decoder": null, '
        '"model": {}}'
    )
    (finding,) = by_class("RobertaTokenizer", "4.42.4", tokenizer=parts % "null").findings
    assert finding.log.startswith("TypeError: the JSON object must be")
    assert by_class("RobertaTokenizer", "4.42.4", tokenizer=parts % '{"type": "ByteLevel"}').status is Status.CLEAR
    assert by_class("RobertaTokenizer", "4.57.6", tokenizer=parts % "null").status is Status.CLEAR
