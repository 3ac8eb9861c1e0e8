"""torch-bin-refused: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'
FILES = {"config.json": CONFIG, "pytorch_model.bin": b"x", "vocab.txt": "a"}


def test_sick():
    first = examine("sick/torch-bin-refused").findings[0]
    assert first.check.id == "torch-bin-refused"
    assert "pytorch_model.bin" in first.finding.message
    assert "2.5.1" in first.finding.message


def test_torch_2_6():
    outcome = ask(
        "torch-bin-refused", artifact=FILES, stack="huggingface", serving={"transformers": "4.57.6", "torch": "2.6.0"}
    )
    assert outcome.status is Status.CLEAR


def test_transformers_4_51():
    outcome = ask(
        "torch-bin-refused", artifact=FILES, stack="huggingface", serving={"transformers": "4.51.3", "torch": "2.5.1"}
    )
    assert outcome.status is Status.CLEAR


def test_safetensors_beside_it():
    outcome = ask(
        "torch-bin-refused",
        artifact={**FILES, "model.safetensors": b"x"},
        stack="huggingface",
        serving={"transformers": "4.57.6", "torch": "2.5.1"},
    )
    assert outcome.status is Status.CLEAR
