"""weight-index-missing: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'


def test_sick():
    first = examine("sick/weight-index-missing").findings[0]
    assert first.check.id == "weight-index-missing"
    assert "model.safetensors.index.json" in first.finding.message
    assert "5 shards" in first.finding.message


def test_one_file():
    outcome = ask(
        "weight-index-missing",
        artifact={"config.json": CONFIG, "model.safetensors": b"weights", "vocab.txt": "[UNK]\n"},
        stack="huggingface",
    )
    assert outcome.status is Status.CLEAR


def test_another_server():
    outcome = ask(
        "weight-index-missing", artifact={"config.json": CONFIG, "model-00001-of-00001.safetensors": b"x"}, stack="vllm"
    )
    assert outcome.status is Status.CLEAR
