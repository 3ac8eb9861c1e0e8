"""What models and pipelines of Hugging Face transformers take."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.inputs.layers import made
from doctor.trials.probe.inputs.values import Input, NotFound, Signature

_TEXT = (
    "text-classification", "sentiment-analysis", "token-classification", "ner", "fill-mask", "text-generation",
    "text2text-generation", "summarization", "translation", "feature-extraction",
)  # fmt: skip
_IMAGE = ("image-classification", "object-detection", "image-segmentation", "image-to-text", "image-feature-extraction",
          "depth-estimation")  # fmt: skip
GENERATES = ("text-generation", "text2text-generation", "summarization", "translation", "image-to-text")


def of_pipeline(pipeline: Any) -> Signature:
    """Return what a pipeline of a task takes."""
    task = str(getattr(pipeline, "task", ""))
    source = "the pipeline's task, " + task
    if task.startswith(_TEXT):
        given = _masked(pipeline) if task == "fill-mask" else None
        return Signature((_text("inputs", given),), source, "pipeline", detail=task)
    if task == "question-answering":
        return Signature((_text("question"), _text("context")), source, "pipeline", detail=task)
    if task == "zero-shot-classification":
        return Signature((_text("inputs"),), source, "pipeline", detail=task)
    if task in _IMAGE:
        taken = made("inputs", ("batch", "height", "width", "channels"), (1, 64, 64, 3), "float32", "image")
        return Signature((taken,), source, "pipeline", detail=task)
    raise NotFound("nothing is known of what a pipeline for {} takes".format(task or "no task"))


def _text(name: str, given: Any = None) -> Input:
    return Input(name, "str", (None,), "text", ("batch",), (1,), given=given)


def _masked(pipeline: Any) -> Any:
    mask = getattr(getattr(pipeline, "tokenizer", None), "mask_token", None) or "[MASK]"
    return ["the answer was {}".format(mask), "it is {} as before".format(mask)]


def of_model(model: Any) -> Signature:
    """Return what a model takes, by its configuration."""
    config = model.config
    main = str(getattr(model, "main_input_name", "input_ids"))
    if main == "input_ids":
        found = _tokens(config)
        if getattr(config, "vision_config", None) is not None and getattr(config, "projection_dim", None):
            found.append(_image(config))  # texts held against images
    elif main == "pixel_values":
        found = [_image(config)]
    elif main == "input_values":
        found = [made(main, ("batch", "time"), (1, 16000))]
    elif main == "input_features":
        length = 2 * int(_of(config, "max_source_positions", 1500))
        found = [made(main, ("batch", "features", "time"), (1, int(_of(config, "num_mel_bins", 80)), length))]
    else:
        raise NotFound("its main input is {}, of which config.json doesn't say the shape".format(main))
    if getattr(config, "is_encoder_decoder", False):
        below = int(_of(config, "vocab_size", 2))
        found.append(made("decoder_input_ids", ("batch", "time"), (1, 4), "int64", "tokens", below))
    kind = getattr(config, "model_type", type(model).__name__)
    return Signature(tuple(found), "config.json of a {} model".format(kind), "torch", "keywords")


def _image(config: Any) -> Input:
    sizes = (1, int(_of(config, "num_channels", 3)), *_pair(_of(config, "image_size", 224)))
    return made("pixel_values", ("batch", "channels", "height", "width"), sizes, "float32", "image")


def _tokens(config: Any) -> list[Input]:
    longest = int(_of(config, "max_position_embeddings", 0) or 16)
    time = max(1, min(16, longest // 2))
    below = int(_of(config, "vocab_size", 2))
    shape = ("batch", "time")
    return [
        made("input_ids", shape, (1, time), "int64", "tokens", below),
        made("attention_mask", shape, (1, time), "int64"),
    ]


def _of(config: Any, name: str, default: Any) -> Any:
    """Return a setting of a configuration, or of the one inside it for text or vision."""
    for found in (config, getattr(config, "text_config", None), getattr(config, "vision_config", None)):
        value = getattr(found, name, None)
        if value is not None:
            return value
    return default


def _pair(size: Any) -> tuple[int, int]:
    return (int(size[0]), int(size[1])) if isinstance(size, (list, tuple)) else (int(size), int(size))
