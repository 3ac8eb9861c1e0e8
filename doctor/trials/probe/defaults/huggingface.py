"""The Hugging Face toolkit's load: a pipeline for HF_TASK, else for the task that config.json's architecture tells."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from doctor.trials.probe.defaults import toolkit
from doctor.trials.probe.failures import NotTried

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request

# Endings of architectures and their tasks, the later ones win: sagemaker-huggingface-inference-toolkit 2.6.0,
# transformers_utils.py (2026-11-21).
_TASKS = (
    ("TapasForQuestionAnswering", "table-question-answering"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForTokenClassification", "token-classification"),
    ("ForSequenceClassification", "text-classification"),
    ("ForMultipleChoice", "multiple-choice"),
    ("ForMaskedLM", "fill-mask"),
    ("ForCausalLM", "text-generation"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("MTModel", "text2text-generation"),
    ("EncoderDecoderModel", "text2text-generation"),
    ("GPT2LMHeadModel", "text-generation"),
    ("T5WithLMHeadModel", "text2text-generation"),
)
_OF_IMAGES_AND_SOUND = {
    "automatic-speech-recognition",
    "image-segmentation",
    "image-classification",
    "audio-classification",
    "object-detection",
    "zero-shot-image-classification",
}


def load(request: Request) -> tuple[Any, str]:
    """Return the pipeline that the toolkit makes of the model's folder."""
    if os.environ.get("HF_MODEL_ID"):
        raise NotTried(f"HF_MODEL_ID={os.environ['HF_MODEL_ID']} is fetched from the hub")
    if toolkit.installed("sagemaker_huggingface_inference_toolkit") and toolkit.installed("mms"):  # which it imports
        from sagemaker_huggingface_inference_toolkit.handler_service import (  # type: ignore[import-not-found,unused-ignore]
            HuggingFaceHandlerService,
        )

        service = HuggingFaceHandlerService()
        service.device = _device()
        return service.load(request.model_dir), "load of " + toolkit.named("sagemaker-huggingface-inference-toolkit")
    task = _task(request.model_dir)
    model = pipeline(task, request.model_dir)
    return model, "pipeline('{}'), as the Hugging Face toolkit does".format(task)


def pipeline(task: str, folder: str) -> Any:
    """Return the pipeline of a folder for a task, made as the toolkit makes it."""
    from transformers import pipeline as made  # type: ignore[import-not-found,unused-ignore]

    part = "feature_extractor" if task in _OF_IMAGES_AND_SOUND else "tokenizer"
    return made(task=task, model=folder, device=_device(), **{part: folder})


def task_of(folder: str) -> str:
    """Return the task that an architecture's name tells; "" where it tells none."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        architectures = json.load(file).get("architectures") or [""]
    found = [task for ending, task in _TASKS if str(architectures[0]).endswith(ending)]
    return found[-1] if found else ""


def _task(folder: str) -> str:
    if "HF_TASK" in os.environ:
        return os.environ["HF_TASK"]
    if os.path.exists(os.path.join(folder, "config.json")):
        task = task_of(folder)
        if not task:
            raise ValueError("Task couldn't be inferenced from config.json. Use env `HF_TASK` to define your task.")
        return task
    if os.path.exists(os.path.join(folder, "model_index.json")):
        return "text-to-image"
    from transformers.pipelines import SUPPORTED_TASKS  # type: ignore[import-not-found,unused-ignore]

    raise ValueError(
        f"You need to define one of the following {list(SUPPORTED_TASKS)} or text-to-image as env 'HF_TASK'.",
        403,
    )


def _device() -> int:
    import torch  # type: ignore[import-not-found,unused-ignore]

    return 0 if torch.cuda.is_available() else -1
