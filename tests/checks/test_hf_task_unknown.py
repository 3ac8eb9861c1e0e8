from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "hf-task-unknown"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.fix == "HF_TASK=sentiment-analysis"


def told(task, version):
    config = {"config.json": '{"architectures": ["BertForQuestionAnswering"], "model_type": "bert"}'}
    env = {"HF_TASK": task} if task else {}
    return ask(CHECK, artifact=config, serving={"transformers": version}, stack="huggingface", env=env).status


def test_tasks_come_and_go():
    assert told("summarization", "4.49.0") is Status.CLEAR
    assert told("summarization", "5.0.0") is Status.FOUND
    assert told("translation_en_to_fr", "4.49.0") is Status.CLEAR
    assert told("image-text-to-text", "4.41.2") is Status.FOUND
    assert told("image-text-to-text", "4.45.0") is Status.UNKNOWN
    assert told("anything", "99.0") is Status.UNKNOWN


def test_the_task_of_the_architecture():
    assert told("", "4.57.6") is Status.CLEAR
    assert told("", "5.5.3") is Status.FOUND


def drawn(serving, env):
    index = {"model_index.json": '{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2D"]}'}
    return ask(CHECK, artifact=index, serving=serving, stack="huggingface", env=env)


def test_text_to_image_is_for_diffusers():
    with_it, without = {"transformers": "4.57.6", "diffusers": "0.35.2"}, {"transformers": "4.57.6"}
    for env in ({"HF_TASK": "text-to-image"}, {}):
        assert drawn(with_it, env).status is Status.CLEAR
        outcome = drawn(without, env)
        assert outcome.status is Status.FOUND
        assert outcome.findings[0].fix == "echo diffusers >> code/requirements.txt"
