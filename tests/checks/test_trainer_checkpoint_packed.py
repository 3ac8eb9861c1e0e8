"""trainer-checkpoint-packed: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'


def test_sick():
    first = examine("sick/trainer-checkpoint-packed").findings[0]
    assert first.check.id == "trainer-checkpoint-packed"
    assert "Trainer's checkpoint" in first.finding.message


def test_subfolder():
    first = examine("sick/trainer-checkpoint-packed--subfolder").findings[0]
    assert first.check.id == "trainer-checkpoint-packed"
    assert "checkpoint-1" in first.finding.message


def test_a_checkpoint_with_its_config():
    outcome = ask(
        "trainer-checkpoint-packed",
        artifact={"config.json": CONFIG, "model.safetensors": b"x", "optimizer.pt": b"x", "trainer_state.json": "{}"},
        stack="huggingface",
    )
    assert outcome.status is Status.CLEAR


def test_checkpoints_beside_the_model():
    outcome = ask(
        "trainer-checkpoint-packed",
        artifact={
            "config.json": CONFIG,
            "model.safetensors": b"x",
            "checkpoint-1/config.json": CONFIG,
            "checkpoint-1/model.safetensors": b"x",
        },
        stack="huggingface",
    )
    assert outcome.status is Status.CLEAR
