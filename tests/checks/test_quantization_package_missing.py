"""quantization-package-missing: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = """{"model_type": "llama", "architectures": ["LlamaForCausalLM"],
"quantization_config": {"quant_method": "awq"}}"""
FILES = {"config.json": CONFIG, "model.safetensors": b"x", "tokenizer.json": "{}"}


def test_sick():
    first = examine("sick/quantization-package-missing").findings[0]
    assert first.check.id == "quantization-package-missing"
    assert "awq" in first.finding.message
    assert "autoawq" in first.finding.message


def test_installed():
    outcome = ask(
        "quantization-package-missing",
        artifact=FILES,
        stack="huggingface",
        serving={"transformers": "4.57.6", "gptqmodel": "2.0.0"},
    )
    assert outcome.status is Status.CLEAR


def test_accelerate_is_one_of_them():
    files = {**FILES, "config.json": CONFIG.replace("awq", "fp8")}
    for serving, status in (({}, Status.FOUND), ({"accelerate": "1.10.0"}, Status.CLEAR)):
        packages = {"transformers": "4.57.6", **serving}
        outcome = ask("quantization-package-missing", artifact=files, stack="huggingface", serving=packages)
        assert outcome.status is status


def test_each_release_in_its_own_words():
    said = {
        version: ask(
            "quantization-package-missing", artifact=FILES, stack="huggingface", serving={"transformers": version}
        )
        .findings[0]
        .log
        for version in ("4.57.6", "5.0.0")
    }
    assert "autoawq" in said["4.57.6"]
    assert "gptqmodel" in said["5.0.0"]


def test_a_version_that_was_not_measured():
    serving = {"transformers": "4.40.0"}
    outcome = ask("quantization-package-missing", artifact=FILES, stack="huggingface", serving=serving)
    assert outcome.status is Status.UNKNOWN


def test_a_list_that_is_not_complete():
    serving = {"transformers": "4.57.6"}
    outcome = ask("quantization-package-missing", artifact=FILES, stack="huggingface", serving=serving, complete=False)
    assert outcome.status is Status.UNKNOWN
