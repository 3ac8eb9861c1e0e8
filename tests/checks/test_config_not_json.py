"""config-not-json: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'


def test_sick():
    first = examine("sick/config-not-json").findings[0]
    assert first.check.id == "config-not-json"
    assert "config.json" in first.finding.message
    assert "Expecting" in first.finding.message


def test_lfs_pointer():
    first = examine("sick/config-not-json--lfs-pointer").findings[0]
    assert first.check.id == "config-not-json"
    assert "tokenizer.json" in first.finding.message
    assert "Git LFS pointer" in first.finding.message


def test_json():
    outcome = ask("config-not-json", artifact={"config.json": CONFIG, "model.safetensors": b"x"})
    assert outcome.status is Status.CLEAR


def test_somebody_elses_json():
    outcome = ask("config-not-json", artifact={"metrics.json": "{,}", "config.json": CONFIG})
    assert outcome.status is Status.CLEAR


def test_the_log_is_that_of_who_reads_the_file():
    assert examine("sick/config-not-json").findings[0].finding.log.startswith("OSError: It looks like the config file")
    pointer = examine("sick/config-not-json--lfs-pointer").findings[0].finding
    assert pointer.log == "Exception: expected value at line 1 column 1"
