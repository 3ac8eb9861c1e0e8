from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "hf-task-of-another-head"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "the model is a BertForSequenceClassification" in first.finding.message


def told(task, architecture="BertForSequenceClassification"):
    config = {"config.json": f'{{"architectures": ["{architecture}"], "model_type": "bert"}}'}
    return ask(CHECK, artifact=config, stack="huggingface", env={"HF_TASK": task}).status


def test_tasks_of_the_same_head_and_of_none():
    for task in ("sentiment-analysis", "zero-shot-classification", "feature-extraction"):
        assert told(task) is Status.CLEAR, task
    assert told("text-generation", "GPT2LMHeadModel") is Status.CLEAR
    assert told("fill-mask", "BertForPreTraining") is Status.CLEAR
    assert told("fill-mask", "BertLMHeadModel") is Status.CLEAR
    assert told("fill-mask") is Status.FOUND
