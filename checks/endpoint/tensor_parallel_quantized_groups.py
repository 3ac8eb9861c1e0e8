"""Check: groups of quantized weights would be cut where they are divided among the GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.llmserving import count, server, text_config
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_GROUPED = ("awq", "gptq")


@check(
    title="Groups of quantized weights can't be divided among the GPUs",
    fault="gpu-capability",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/vllm-project/vllm/issues/21695",
    symptoms=(
        r"The (input|output) size is not aligned with the quantized weight shape",
        r"Weight input_size_per_partition = \d+ is not divisible by",
    ),
)
def tensor_parallel_quantized_groups(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    AWQ and GPTQ keep one scale for a group of weights, 128 most often, and no group may be on two GPUs.

    The degree of tensor parallelism must divide "intermediate_size" by "group_size" of config.json: 29568 / 128 = 231
    is odd, so that such a model of 72 billion parameters isn't divided among 2, 4 or 8 GPUs. Take a smaller degree, or
    weights that were padded before they were quantized.
    """
    serving = server(models, handler, stack, target)
    found = serving.model() if serving else None
    degree = serving.setting("tensor_parallel") if serving else None
    if serving is None or found is None or degree is None or degree.number < 2 or not serving.vllm:
        return
    config, said = text_config(found[1].config), found[1].config.get("quantization_config")
    group = said.get("group_size") if isinstance(said, dict) else None
    inner = count(config, "intermediate_size")
    known = config.get("model_type", found[1].model_type) in load("vllm")["full_attention"]
    if not known or found[1].quantization not in _GROUPED or type(group) is not int or group < 1 or not inner:
        return
    if inner % group or inner % (group * degree.number) == 0:
        return
    groups = f"{inner} / {group} = {inner // group}"
    fits = max((n for n in range(1, degree.number) if inner % (group * n) == 0), default=1)
    yield Finding(
        message=f"the {groups} groups of {found[1].quantization.upper()} weights can't be divided among "
        f"{degree.number} GPUs",
        evidence=(
            Evidence(
                f"artifact:{found[1].path('config.json')}",
                f'"intermediate_size": {inner}, "quant_method": "{found[1].quantization}", "group_size": {group}',
            ),
            degree.evidence,
        ),
        fix=f"{degree.name}={fits}, or weights that were padded before they were quantized",
        likelihood=Likelihood.LIKELY,
        log="ValueError: The input size is not aligned with the quantized weight shape. This can be caused by too "
        "large tensor parallel size.",
        cause=degree.evidence.where,
    )
