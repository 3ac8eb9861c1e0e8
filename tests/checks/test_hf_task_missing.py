"""hf-task-missing: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'
HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/hf-task-missing").findings[0]
    assert first.check.id == "hf-task-missing"
    assert "BertModel" in first.finding.message
    assert "HF_TASK" in first.finding.message


def test_no_config():
    first = examine("sick/hf-task-missing--no-config").findings[0]
    assert first.check.id == "hf-task-missing"
    assert "no config.json at the root" in first.finding.message


def test_the_architecture_gives_one():
    outcome = ask(
        "hf-task-missing",
        artifact={"config.json": CONFIG, "model.safetensors": b"weights", "vocab.txt": "[UNK]\n"},
        stack="huggingface",
    )
    assert outcome.status is Status.CLEAR


def test_the_variable_gives_one():
    outcome = ask("hf-task-missing", artifact={"config.json": "{}"}, stack="huggingface", env={"HF_TASK": "fill-mask"})
    assert outcome.status is Status.CLEAR


def test_from_the_hub():
    outcome = ask("hf-task-missing", artifact={"README.md": ""}, stack="huggingface", env={"HF_MODEL_ID": "acme/model"})
    assert outcome.status is Status.CLEAR


def test_a_script():
    outcome = ask("hf-task-missing", artifact={"code/inference.py": HANDLER}, stack="huggingface")
    assert outcome.status is Status.CLEAR


def test_diffusers():
    outcome = ask("hf-task-missing", artifact={"model_index.json": "{}"}, stack="huggingface")
    assert outcome.status is Status.CLEAR


def test_another_stack():
    outcome = ask("hf-task-missing", artifact={"model.pt": b"x"}, stack="pytorch")
    assert outcome.status is Status.CLEAR
