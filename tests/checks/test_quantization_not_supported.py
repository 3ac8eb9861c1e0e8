"""quantization-not-supported: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "quantization-not-supported"
CONFIG = """{"model_type": "llama", "architectures": ["LlamaForCausalLM"],
"quantization_config": {"quant_method": "fp8"}}"""
FILES = {"config.json": CONFIG, "model.safetensors": b"x", "tokenizer.json": "{}"}


def asked(version, instance="", torch="2.7.1", method="fp8"):
    files = {**FILES, "config.json": CONFIG.replace("fp8", method)}
    serving = {"transformers": version, "torch": torch, "accelerate": "1.10.0"}
    return ask(CHECK, artifact=files, stack="huggingface", serving=serving, instance=instance)


def test_sick():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.log.startswith("RuntimeError: No GPU or XPU found")
    first = examine(f"sick/{CHECK}--older").findings[0]
    assert first.check.id == CHECK
    assert "4.48.3 doesn't know the quantization fp8" in first.finding.message


def test_the_gpu_must_be_new_enough():
    (finding,) = asked("4.57.6", "ml.g5.2xlarge").findings
    assert "8.9" in finding.message
    assert finding.log.endswith("actual = `8.6`")
    assert asked("4.57.6", "ml.g6.2xlarge").status is Status.CLEAR


def test_transformers_5_turns_it_into_bfloat16():
    assert asked("5.0.0", "ml.m5.xlarge").status is Status.CLEAR


def test_where_nobody_knows_the_hardware():
    assert asked("4.57.6").status is not Status.FOUND
    assert asked("4.57.6", torch="2.7.1+cpu").status is Status.FOUND


def test_what_works_without_a_gpu():
    assert asked("4.57.6", "ml.m5.xlarge", method="mxfp4").status is Status.CLEAR
