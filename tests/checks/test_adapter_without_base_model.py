"""adapter-without-base-model: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'
ADAPTER = '{"peft_type": "LORA", "base_model_name_or_path": "acme/base"}'
HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/adapter-without-base-model").findings[0]
    assert first.check.id == "adapter-without-base-model"
    assert "acme/tiny-llama" in first.finding.message
    assert "LORA" in first.finding.message


def test_path_of_training():
    first = examine("sick/adapter-without-base-model--path-of-training").findings[0]
    assert first.check.id == "adapter-without-base-model"
    assert "/home/ec2-user/SageMaker/llama-base" in first.finding.message


def test_merged():
    outcome = ask(
        "adapter-without-base-model",
        artifact={"config.json": CONFIG, "adapter_config.json": ADAPTER, "model.safetensors": b"x"},
        stack="huggingface",
    )
    assert outcome.status is Status.CLEAR


def test_the_script_loads_the_base():
    outcome = ask(
        "adapter-without-base-model",
        artifact={"adapter_config.json": ADAPTER, "code/inference.py": HANDLER},
        stack="huggingface",
    )
    assert outcome.status is Status.CLEAR


def test_a_task_is_given():
    outcome = ask(
        "adapter-without-base-model",
        artifact={"adapter_config.json": ADAPTER},
        stack="huggingface",
        env={"HF_TASK": "text-generation"},
    )
    assert outcome.status is Status.CLEAR
