"""weight-shard-missing: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'
INDEX = '{"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}'


def test_sick():
    first = examine("sick/weight-shard-missing").findings[0]
    assert first.check.id == "weight-shard-missing"
    assert "model-00003-of-00005.safetensors" in first.finding.message


def test_all_there():
    outcome = ask(
        "weight-shard-missing",
        artifact={
            "config.json": CONFIG,
            "model.safetensors.index.json": INDEX,
            "a.safetensors": b"x",
            "b.safetensors": b"x",
        },
    )
    assert outcome.status is Status.CLEAR


def test_one_whole_file_is_read_first():
    outcome = ask(
        "weight-shard-missing",
        artifact={"config.json": CONFIG, "model.safetensors": b"x", "model.safetensors.index.json": INDEX},
    )
    assert outcome.status is Status.CLEAR


def test_the_other_formats_copy():
    outcome = ask(
        "weight-shard-missing",
        artifact={"config.json": CONFIG, "model.safetensors": b"x", "pytorch_model.bin.index.json": INDEX},
    )
    assert outcome.status is Status.CLEAR


def test_numbering_tells_without_an_index():
    files = {"config.json": CONFIG, "model-00001-of-00002.safetensors": b"x"}
    assert "model-00002-of-00002.safetensors" in ask("weight-shard-missing", artifact=files).findings[0].message
